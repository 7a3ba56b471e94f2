/** How pods are replaced, for settings made up at random: what follows from them never takes a service down. */
import fc from "fast-check";
import { deploymentStrategy, rolloutOf } from "../../components/rollout";
import { parseSettings } from "../../config";
import { durationSeconds } from "../../config/duration";
import { parseQuantity } from "../../config/quantity";
import { readStack } from "../../offline/project";
import { record } from "../../offline/record";
import type { KubernetesObject } from "../../offline/recording";
import { allObjects } from "../support/applied";

jest.setTimeout(600_000);

type Section = Readonly<Record<string, unknown>>;

const PURE_RUNS = 2_000;
/** Each is a run of the whole program. */
const RECORDED_RUNS = 10;
const SERVICES = {
  backend: [],
  frontend: [],
  agents: ["shared", "perReplica"],
  llmRouter: ["shared", "perReplica", "ephemeral"],
  mcpGateway: ["shared", "perReplica"],
} as const;
const APPS = {
  backend: "vapora-backend",
  frontend: "vapora-frontend",
  agents: "vapora-agents",
  llmRouter: "vapora-llm-router",
  mcpGateway: "vapora-mcp-gateway",
} as const;
type Service = keyof typeof SERVICES;
const NAMES = Object.keys(SERVICES) as Service[];

const BASE = Object.fromEntries(
  Object.entries(readStack(process.cwd(), "prod").config).map(([key, value]) => [key.replace("vapora:", ""), value]),
) as Readonly<Record<string, Section>>;

// ---- valid settings -----------------------------------------------------------------------------------------------

const pods = fc.oneof(
  fc.nat(5).map((replicas) => ({ max: replicas, section: { replicas } })),
  fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 4 })).map(([minReplicas, more]) => {
    const maxReplicas = minReplicas + more;
    return { max: maxReplicas, section: { autoscaling: { minReplicas, maxReplicas, cpuUtilization: 75 } } };
  }),
);

const shutdown = fc
  .record({ delay: fc.nat(60), drain: fc.nat(300), more: fc.option(fc.integer({ min: 1, max: 300 })) })
  .map(({ delay, drain, more }) => ({
    delay: `${String(delay)}s`,
    drain: `${String(drain)}s`,
    ...(more === null ? {} : { gracePeriod: `${String(delay + drain + more)}s` }),
  }));

function service(name: Service): fc.Arbitrary<Section> {
  const modes: readonly string[] = SERVICES[name];
  const storage = fc.record({ mode: fc.constantFrom("shared", ...modes), many: fc.boolean() });
  return fc.tuple(pods, shutdown, storage).map(([{ max, section }, ending, { mode, many }]) => {
    const { replicas: _replicas, storage: _storage, ...base } = BASE[name] ?? {};
    const accessMode = many || (mode === "shared" && max > 1) ? "ReadWriteMany" : "ReadWriteOnce";
    const claim = mode === "ephemeral" ? { mode, size: "1Gi" } : { mode, size: "1Gi", accessMode };
    return { ...base, ...section, shutdown: ending, ...(modes.length === 0 ? {} : { storage: claim }) };
  });
}

const stack = fc
  .record({
    ...(Object.fromEntries(NAMES.map((name) => [name, service(name)])) as Record<Service, fc.Arbitrary<Section>>),
    servers: fc.constantFrom(1, 3),
    quota: fc.nat(50).map((headroom) => ({ headroom })),
  })
  .map(({ servers, ...sections }) => ({ ...sections, nats: { ...BASE.nats, servers } }));

// ---- by the functions alone ---------------------------------------------------------------------------------------

test("for any valid settings, how pods are replaced fits volumes, number and time to end", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(stack, fc.constantFrom(...NAMES), (sections, name) => {
      const settings = parseSettings({ ...BASE, ...sections })[name];
      const storage = "storage" in settings ? settings.storage : undefined;
      const rollout = rolloutOf({ ...settings, storage });
      const { type, rollingUpdate } = deploymentStrategy(rollout) as { type: string; rollingUpdate?: object };
      const isExclusive = storage?.mode === "shared" && storage.accessMode !== "ReadWriteMany";
      seen.add(`${rollout.kind} ${type}`);

      expect(rollout.kind === "StatefulSet").toBe(storage?.mode === "perReplica");
      if (isExclusive) expect([type, rollout.pods.max <= 1]).toEqual(["Recreate", true]);
      if (type === "RollingUpdate") expect(rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      const [delay = 0, drain = 0] = [settings.shutdown.delay, settings.shutdown.drain].map(durationSeconds);
      expect(rollout.preStopSeconds).toBe(delay);
      expect(rollout.terminationGracePeriodSeconds).toBeGreaterThan(delay + drain);
      expect(rollout.progressDeadlineSeconds).toBeGreaterThan(rollout.minReadySeconds);
      expect(durationSeconds(String(rollout.timeouts.update))).toBeGreaterThan(rollout.progressDeadlineSeconds);
      expect(rollout.peakPods).toBeGreaterThanOrEqual(
        peak(rollout.pods.max, rollout.surges, rollout.minReadySeconds, rollout.terminationGracePeriodSeconds),
      );
    }),
    { numRuns: PURE_RUNS },
  );
  expect([...seen].sort()).toEqual(["Deployment Recreate", "Deployment RollingUpdate", "StatefulSet Recreate"]);
});

/** The most pods there are in a rollout whose pods get ready at once and take all of their time to end. */
function peak(replicas: number, surges: boolean, minReady: number, grace: number): number {
  if (!surges) return replicas;
  const ends = Array.from({ length: replicas }, (_, step) => (step + 1) * minReady);
  const endingAt = (time: number): number => ends.filter((end) => end <= time && time < end + grace).length;
  const steps = ends.map((time, step) => (step + 1 < replicas ? replicas + 1 : replicas) + endingAt(time));
  return Math.max(replicas === 0 ? 0 : replicas + 1, ...steps);
}

// ---- by what the program registers --------------------------------------------------------------------------------

interface Workload extends KubernetesObject {
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

test("for any valid settings, the objects keep services up through rollouts and drains, within the quota", async () => {
  await fc.assert(
    fc.asyncProperty(stack, async (sections) => {
      const config = Object.fromEntries(Object.entries(sections).map(([key, value]) => [`vapora:${key}`, value]));
      const objects = allObjects(await record("prod", { config }));
      expect(faults(objects)).toEqual([]);
      for (const name of NAMES) {
        const { template } = workloadsOf(objects).find(({ metadata }) => metadata.name === APPS[name])?.spec ?? {};
        const { delay, drain } = sections[name].shutdown as Record<"delay" | "drain", string>;
        const sleep = template?.spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds;
        expect([name, sleep]).toEqual([name, durationSeconds(delay)]);
        expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(
          (sleep ?? 0) + (durationSeconds(drain) ?? 0),
        );
      }
    }),
    // each run takes seconds: the first counterexample is told as it is
    { numRuns: RECORDED_RUNS, endOnFailure: true },
  );
});

/** One sentence per object that would stop a rollout or a drain, or take a service down. */
function faults(objects: readonly KubernetesObject[]): string[] {
  return [
    ...workloadsOf(objects).flatMap((workload) => [
      ...rolloutFaults(objects, workload),
      ...budgetFaults(objects, workload),
      ...scalingFaults(objects, workload),
    ]),
    ...quotaFaults(objects),
  ];
}

function rolloutFaults(objects: readonly KubernetesObject[], { kind, metadata: { name }, spec }: Workload): string[] {
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

function budgetFaults(objects: readonly KubernetesObject[], { metadata: { name } }: Workload): string[] {
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

function scalingFaults(objects: readonly KubernetesObject[], { metadata: { name }, spec }: Workload): string[] {
  const isScaled = scalerOf(objects, name) !== undefined;
  return isScaled === (spec.replicas === undefined)
    ? []
    : [`${name} has a number of pods beside an autoscaler, or neither`];
}

function quotaFaults(objects: readonly KubernetesObject[]): string[] {
  const quota = objects.find(({ kind }) => kind === "ResourceQuota");
  const hard = (quota?.spec as { hard?: Readonly<Record<string, string>> } | undefined)?.hard ?? {};
  const needs = (amountOf: (workload: Workload) => number): number =>
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

function peakOf(objects: readonly KubernetesObject[], { kind, metadata, spec }: Workload): number {
  const surges = kind === "Deployment" && spec.strategy?.type === "RollingUpdate";
  const grace = spec.template.spec.terminationGracePeriodSeconds;
  return peak(podsOf(objects, metadata.name).max, surges, spec.minReadySeconds ?? 0, grace);
}

function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  return objects.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet") as Workload[];
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
