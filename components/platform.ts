/** What all components share. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Images } from "./images";
import type { Revisions } from "./revisions";

/** What every component needs to know of the platform it belongs to. */
export interface Platform {
  /** Namespace every object lives in. */
  readonly namespace: pulumi.Input<string>;
  /** Where images come from. */
  readonly images: Images;
  /** Protect what holds data from deletion: the namespace, claims and generated credentials. */
  readonly dataProtection: boolean;
  /** Revisions of secret values, which roll the pods that use them. */
  readonly revisions: Revisions;
}

/** Amounts of one container as quantities: cores, e.g. `500m`, and bytes, e.g. `2Gi`. */
export interface Amounts {
  readonly cpu: string;
  readonly memory: string;
  /** @default - what the node has */
  readonly ephemeralStorage?: string | undefined;
}

/** What a container is given and what it may use. */
export type Resources = Readonly<Record<"requests" | "limits", Amounts>>;

/** Resources in the words of a container. */
export function containerResources({ requests, limits }: Resources): k8s.types.input.core.v1.ResourceRequirements {
  const named = ({ ephemeralStorage, ...amounts }: Amounts): Record<string, string> => ({
    ...amounts,
    ...(ephemeralStorage === undefined ? {} : { "ephemeral-storage": ephemeralStorage }),
  });
  return { requests: named(requests), limits: named(limits) };
}

/**
 * Seconds a Deployment may go without progress; then it fails, and the error names the pod's problem. Kubernetes' own
 * ten minutes are longer than a person waits.
 */
export const PROGRESS_DEADLINE_SECONDS = 240;

/** How long the engine waits for a workload: pods are replaced one after the other, each within the deadline. */
export function awaitTimeouts(replicas: number): pulumi.CustomTimeouts {
  const minutes = `${String(5 * Math.max(1, replicas))}m`;
  return { create: minutes, update: minutes, delete: "5m" };
}

/** Leaves an object's own await out; the workload that uses it is awaited and tells more. */
export const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" } as const;
