/** What all components share. */
import type * as pulumi from "@pulumi/pulumi";
import type { Images } from "./images";

/** What every component needs to know of the platform it belongs to. */
export interface Platform {
  /** Namespace every object lives in. */
  readonly namespace: pulumi.Input<string>;
  /** Where images come from. */
  readonly images: Images;
  /** Protect what holds data from deletion: the namespace, claims and generated credentials. */
  readonly dataProtection: boolean;
}

/** Amounts of one container as quantities: cores, e.g. `500m`, and bytes, e.g. `2Gi`. */
export type Amounts = Readonly<Record<"cpu" | "memory", string>>;

/** What a container is given and what it may use. */
export type Resources = Readonly<Record<"requests" | "limits", Amounts>>;

/**
 * Deadlines of a rollout. The Deployment gives up first, so that the error names the pod's problem; then the
 * engine stops waiting. Kubernetes' default would hold a deployment for ten minutes.
 */
export const ROLLOUT = {
  /** Seconds a Deployment may go without progress. */
  progressDeadlineSeconds: 240,
  /** How long the engine waits for a workload. */
  customTimeouts: { create: "5m", update: "5m", delete: "5m" },
} as const;

/** Leaves an object's own await out; the workload that uses it is awaited and tells more. */
export const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" } as const;
