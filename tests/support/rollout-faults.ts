/** What in a stack's objects would stop a rollout or a drain, or take a service down; told from the objects alone. */
import { parseQuantity } from "../../config/schema/quantity";
import type { KubernetesObject } from "../../tools/recording/recording";

type Section = Readonly<Record<string, unknown>>;

/** A Deployment or StatefulSet. */
export interface RunningWorkload extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly strategy?: { readonly type: string; readonly rollingUpdate?: object };
    readonly volumeClaimTemplates?: readonly object[];
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
          readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
        }[];
        readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
      };
    };
  };
}

/** The most pods there are in a rollout whose pods get ready at once and take all of their time to end. */
export function peak(replicas: number, surges: boolean, minReady: number, grace: number): number {
  if (!surges) return replicas;
  const ends = Array.from({ length: replicas }, (_, step) => (step + 1) * minReady);
  const endingAt = (time: number): number => ends.filter((end) => end <= time && time < end + grace).length;
  const steps = ends.map((time, step) => (step + 1 < replicas ? replicas + 1 : replicas) + endingAt(time));
  return Math.max(replicas === 0 ? 0 : replicas + 1, ...steps);
}

/** One sentence per object that would stop a rollout or a drain, or take a service down. */
export function rolloutFaults(objects: readonly KubernetesObject[]): string[] {
  return [
    ...workloadsOf(objects).flatMap((workload) => [
      ...strategyFaults(objects, workload),
      ...budgetFaults(objects, workload),
      ...scalingFaults(objects, workload),
    ]),
    ...quotaFaults(objects),
  ];
}

function strategyFaults(
  objects: readonly KubernetesObject[],
  { kind, metadata: { name }, spec }: RunningWorkload,
): string[] {
  if (kind !== "Deployment") return [];
  const rolls = spec.strategy?.type === "RollingUpdate";
  const isWhole = JSON.stringify(spec.strategy?.rollingUpdate) === JSON.stringify({ maxSurge: 1, maxUnavailable: 0 });
  const claims = (spec.template.spec.volumes ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
  const isExclusive = objects.some(
    (object) =>
      claims.includes(object.metadata.name) && (object.spec as Section).accessModes?.toString() === "ReadWriteOnce",
  );
  return [
    ...(rolls && !isWhole ? [`${name} rolls with fewer pods than it has`] : []),
    ...(rolls && isExclusive ? [`${name} rolls on a ReadWriteOnce claim`] : []),
    ...(isExclusive && podsOf(objects, name).max > 1 ? [`${name} has several pods on a ReadWriteOnce claim`] : []),
  ];
}

function budgetFaults(objects: readonly KubernetesObject[], { metadata: { name } }: RunningWorkload): string[] {
  const budgets = objects.filter(({ kind, metadata }) => kind === "PodDisruptionBudget" && metadata.name === name);
  const { min } = podsOf(objects, name);
  const isOpen = budgets.every(({ spec }) => {
    const { maxUnavailable, minAvailable, unhealthyPodEvictionPolicy } = spec as Section;
    return maxUnavailable === 1 && minAvailable === undefined && unhealthyPodEvictionPolicy === "AlwaysAllow";
  });
  return [
    ...(isOpen ? [] : [`the budget of ${name} may block a drain`]),
    ...(budgets.length === (min > 1 ? 1 : 0)
      ? []
      : [`${name} of ${String(min)} pods has ${String(budgets.length)} budgets`]),
  ];
}

function scalingFaults(objects: readonly KubernetesObject[], { metadata: { name }, spec }: RunningWorkload): string[] {
  const { minReplicas = spec.replicas } = scalerOf(objects, name) ?? {};
  return spec.replicas !== undefined && spec.replicas === minReplicas
    ? []
    : [`${name} has no number of pods, or another than the least of its autoscaler`];
}

function quotaFaults(objects: readonly KubernetesObject[]): string[] {
  const quota = objects.find(({ kind }) => kind === "ResourceQuota");
  const hard = (quota?.spec as { hard?: Readonly<Record<string, string>> } | undefined)?.hard ?? {};
  const needs = (amountOf: (workload: RunningWorkload) => number): number =>
    workloadsOf(objects).reduce((sum, workload) => sum + peakOf(objects, workload) * amountOf(workload), 0);
  const needed: Record<string, number> = { pods: needs(() => 1) };
  for (const kind of ["requests", "limits"] as const) {
    for (const name of ["cpu", "memory", "ephemeral-storage"])
      needed[`${kind}.${name}`] = needs(({ spec }) =>
        spec.template.spec.containers.reduce(
          (sum, { resources }) => sum + parseQuantity(resources[kind][name] ?? "0"),
          0,
        ),
      );
  }
  const claims = workloadsOf(objects).reduce(
    (sum, { metadata, spec }) => sum + (spec.volumeClaimTemplates?.length ?? 0) * podsOf(objects, metadata.name).max,
    objects.filter(({ kind }) => kind === "PersistentVolumeClaim").length,
  );
  return Object.entries({ ...needed, persistentvolumeclaims: claims })
    .filter(([name, amount]) => parseQuantity(hard[name] ?? "0") < amount * (1 - 1e-9))
    .map(([name, amount]) => `the quota has ${hard[name] ?? "no"} ${name}, and a rollout needs ${String(amount)}`);
}

function peakOf(objects: readonly KubernetesObject[], { kind, metadata, spec }: RunningWorkload): number {
  const surges = kind === "Deployment" && spec.strategy?.type === "RollingUpdate";
  const grace = spec.template.spec.terminationGracePeriodSeconds;
  return peak(podsOf(objects, metadata.name).max, surges, spec.minReadySeconds ?? 0, grace);
}

/** The Deployments and StatefulSets. */
export function workloadsOf(objects: readonly KubernetesObject[]): RunningWorkload[] {
  return objects.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet") as RunningWorkload[];
}

function scalerOf(
  objects: readonly KubernetesObject[],
  name: string,
): { minReplicas: number; maxReplicas: number } | undefined {
  return objects.find(({ kind, metadata }) => kind === "HorizontalPodAutoscaler" && metadata.name === name)?.spec as
    { minReplicas: number; maxReplicas: number } | undefined;
}

function podsOf(objects: readonly KubernetesObject[], name: string): { readonly min: number; readonly max: number } {
  const { replicas = 1 } = workloadsOf(objects).find(({ metadata }) => metadata.name === name)?.spec ?? {};
  const scaler = scalerOf(objects, name);
  return { min: scaler?.minReplicas ?? replicas, max: scaler?.maxReplicas ?? replicas };
}
