/** How many pods workloads have, from a stack's objects alone. */
import type { KubernetesObject } from "./recording";

interface Spec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string } };
}

interface Scaler {
  readonly maxReplicas: number;
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
}

/** Surge of a Deployment that says nothing, by Kubernetes' own default. */
const DEFAULT_SURGE = "25%";

/** Pods of a workload at rest, with its autoscaler among `all` at its largest; those of a Job while it runs. */
export function podsAtMost({ kind, metadata, spec }: KubernetesObject, all: readonly KubernetesObject[]): number {
  const { replicas = 1, parallelism = 1 } = (spec ?? {}) as Spec;
  if (kind === "Job") return parallelism;
  const scaler = all
    .filter((object) => object.kind === "HorizontalPodAutoscaler")
    .map((object) => object.spec as Scaler)
    .find(({ scaleTargetRef: target }) => target.kind === kind && target.name === metadata.name);
  return scaler?.maxReplicas ?? replicas;
}

/** True for a Deployment that starts new pods before the old ones are gone. */
export function surges({ kind, spec }: KubernetesObject): boolean {
  return kind === "Deployment" && ((spec ?? {}) as Spec).strategy?.type !== "Recreate";
}

/** Pods a workload may have that are not on their way out, in the midst of a rollout. A share is rounded up. */
export function podsAtPeak(object: KubernetesObject, all: readonly KubernetesObject[]): number {
  const pods = podsAtMost(object, all);
  if (pods === 0 || !surges(object)) return pods;
  const surge = (object.spec as Spec).strategy?.rollingUpdate?.maxSurge ?? DEFAULT_SURGE;
  return pods + (typeof surge === "number" ? surge : Math.ceil((pods * parseFloat(surge)) / 100));
}
