/** Pods as workloads would make them: what admission and quota say shows at a pod, not at its workload. */
import type { KubernetesObject, Recording } from "../../offline/recording";
import { kubernetesObjects } from "../../offline/recording";

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
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string } };
  readonly template?: { readonly metadata?: object; readonly spec: { readonly volumes?: readonly unknown[] } };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

interface Autoscaler {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly maxReplicas: number;
}

/** Surge of a Deployment that says nothing. */
const DEFAULT_SURGE = "25%";

/** The pods of every workload of a recording. */
export function workloadPods(recording: Recording): WorkloadPods[] {
  const objects = kubernetesObjects(recording);
  const scalers = objects
    .filter(({ object }) => object.kind === "HorizontalPodAutoscaler")
    .map(({ object }) => object.spec as Autoscaler);
  return objects.flatMap(({ resource, object }) => {
    const spec = (object.spec ?? {}) as Spec;
    const { template } = spec;
    if (template === undefined) return [];
    const scaler = scalers.find(
      ({ scaleTargetRef: { kind, name } }) => kind === object.kind && name === object.metadata.name,
    );
    return {
      workload: `${object.kind} ${resource.name}`,
      atPeak: peak(object.kind, spec, scaler?.maxReplicas),
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

function peak(kind: string, { replicas = 1, parallelism = 1, strategy }: Spec, most = replicas): number {
  if (kind === "Job") return parallelism;
  if (kind !== "Deployment" || strategy?.type === "Recreate") return most;
  const surge = strategy?.rollingUpdate?.maxSurge ?? DEFAULT_SURGE;
  const extra = typeof surge === "number" ? surge : Math.ceil((most * parseInt(surge, 10)) / 100);
  return most === 0 ? 0 : most + extra;
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
