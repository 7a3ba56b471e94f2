/** Pods as workloads would make them: what admission and quota say shows at a pod, not at its workload. */
import type { KubernetesObject, Recording } from "../../recording/recording";
import { podsAtPeak } from "../../recording/pod-numbers";
import { kubernetesObjects } from "../../recording/recording";

/** Pods of one workload. */
export interface WorkloadPods {
  /** `<kind> <logical name>` of the workload. */
  readonly workload: string;
  /** As many as there are in the midst of a rollout. */
  readonly atPeak: number;
  /** A pod as the workload would make it, by its number. */
  readonly pod: (index: number) => KubernetesObject;
}

interface Spec {
  readonly template?: { readonly metadata?: object; readonly spec: { readonly volumes?: readonly unknown[] } };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** The pods of every workload of a recording. */
export function workloadPods(recording: Recording): WorkloadPods[] {
  const objects = kubernetesObjects(recording);
  const all = objects.map(({ object }) => object);
  return objects.flatMap(({ resource, object }) => {
    const spec = (object.spec ?? {}) as Spec;
    const { template } = spec;
    if (template === undefined) return [];
    return {
      workload: `${object.kind} ${resource.name}`,
      atPeak: podsAtPeak(object, all),
      pod: (index: number) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          ...template.metadata,
          name: `${object.metadata.name}-prove-${String(index)}`,
          namespace: object.metadata.namespace ?? "default",
        },
        spec: withClaims(object.metadata.name, spec, template.spec, index),
      }),
    };
  });
}

/** A StatefulSet gives each pod the claims of its templates as volumes. */
function withClaims(name: string, { volumeClaimTemplates = [] }: Spec, spec: object, index: number): object {
  if (volumeClaimTemplates.length === 0) return spec;
  const claims = volumeClaimTemplates.map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: `${metadata.name}-${name}-${String(index)}` },
  }));
  return { ...spec, volumes: [...((spec as { volumes?: readonly unknown[] }).volumes ?? []), ...claims] };
}
