/** Which nodes pods run on. */
import type * as k8s from "@pulumi/kubernetes";
import type { Placement } from "../config/schema/workloads";
import { selectorLabels } from "./labels";
import type { Identity } from "./labels";

/** The part of a pod's spec that a stack's config decides. */
export function placementSpec({
  nodeSelector,
  tolerations,
  priorityClassName,
  runtimeClassName,
}: Placement): Partial<k8s.types.input.core.v1.PodSpec> {
  return { nodeSelector, tolerations, priorityClassName, runtimeClassName };
}

/** Spreads an app's pods over nodes and zones as far as there are any; `revision` is the label that tells pods of one rollout. */
export function spreadSpec(
  identity: Identity,
  revision: "pod-template-hash" | "controller-revision-hash",
): Partial<k8s.types.input.core.v1.PodSpec> {
  const labelSelector = { matchLabels: selectorLabels(identity) };
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector } },
        ],
      },
    },
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector,
      matchLabelKeys: [revision],
    })),
  };
}
