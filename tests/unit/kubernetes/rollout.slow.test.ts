/** How pods are replaced, for settings made up at random: what follows from them never takes a service down. */
import fc from "fast-check";
import { deploymentStrategy, rolloutOf } from "../../../kubernetes/rollout";
import { parseSettings } from "../../../config";
import { durationSeconds } from "../../../config/schema/duration";
import { record, recordMany } from "../../../tools/recording/record";
import { allObjects } from "../../support/applied";
import { objectNamed } from "../../support/recordings";
import { peak, rolloutFaults, workloadsOf } from "../../support/rollout-faults";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(600_000);

type Section = Readonly<Record<string, unknown>>;

const PURE_RUNS = 2_000;
/** Each is a run of the whole program. */
const RECORDED_RUNS = 20;
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
  Object.entries(fixtureStack("prod").config).map(([key, value]) => [key.replace("vapora:", ""), value]),
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
  .record({
    delay: fc.integer({ min: 1, max: 60 }),
    drain: fc.integer({ min: 1, max: 300 }),
    more: fc.option(fc.integer({ min: 1, max: 300 })),
  })
  .map(({ delay, drain, more }) => ({
    delay: `${String(delay)}s`,
    drain: `${String(drain)}s`,
    ...(more === null ? {} : { gracePeriod: `${String(delay + drain + more)}s` }),
  }));

function service(name: Service): fc.Arbitrary<Section> {
  const modes: readonly string[] = SERVICES[name];
  const storage = fc.record({ mode: fc.constantFrom("shared", ...modes), many: fc.boolean() });
  return fc.tuple(pods, shutdown, storage).map(([{ max, section }, ending, { mode, many }]) => {
    const base = Object.fromEntries(
      Object.entries(BASE[name] ?? {}).filter(([key]) => key !== "replicas" && key !== "storage"),
    );
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
      // without providers no secret is asked for
      const settings = parseSettings({ ...BASE, ...sections, providers: "none" })[name];
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

// ---- by what the program registers --------------------------------------------------------------------------------

test("for valid settings made up at random, the objects keep services up through rollouts and drains, within the quota", async () => {
  // one process records them all, so which they are is settled before
  const stacks = fc.sample(stack, { numRuns: RECORDED_RUNS, seed: 1 });
  const recordings = await recordMany("prod", stacks.map(byFullKey));
  for (const [index, sections] of stacks.entries()) {
    const recording = recordings[index];
    if (recording === undefined) throw new Error("a stack was not recorded");
    const objects = allObjects(recording);
    expect({ sections, faults: rolloutFaults(objects) }).toEqual({ sections, faults: [] });
    for (const name of NAMES) {
      const { template } = workloadsOf(objects).find(({ metadata }) => metadata.name === APPS[name])?.spec ?? {};
      const { delay, drain } = sections[name].shutdown as Record<"delay" | "drain", string>;
      const sleep = template?.spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds;
      expect([name, sleep]).toEqual([name, durationSeconds(delay)]);
      expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(
        (sleep ?? 0) + (durationSeconds(drain) ?? 0),
      );
    }
  }
});

function byFullKey(sections: Section): Section {
  return Object.fromEntries(Object.entries(sections).map(([key, value]) => [`vapora:${key}`, value]));
}

test("each fault is told, so that none told says something", async () => {
  const config = { "vapora:quota": { headroom: 0 } };
  const objects = allObjects(await record("prod", { config }));
  const toldOf = (kind: string, name: string, change: (spec: Record<string, unknown>) => void): string[] => {
    const copy = structuredClone(objects);
    change(objectNamed(copy, kind, name).spec as Record<string, unknown>);
    return rolloutFaults(copy);
  };
  expect(rolloutFaults(objects)).toEqual([]);
  expect([
    ...toldOf("Deployment", "vapora-backend", (spec) => (spec.strategy = { type: "RollingUpdate" })),
    ...toldOf("PersistentVolumeClaim", "vapora-agent-state-pvc", (spec) => (spec.accessModes = ["ReadWriteOnce"])),
    ...toldOf("PodDisruptionBudget", "vapora-backend", (spec) => (spec.minAvailable = 3)),
    ...toldOf("Deployment", "vapora-backend", (spec) => (spec.replicas = 1)),
    ...toldOf("Deployment", "vapora-backend", (spec) => delete spec.replicas),
    ...toldOf("ResourceQuota", "vapora", (spec) => (spec.hard = { ...(spec.hard as Section), pods: "20" })),
  ]).toEqual([
    "vapora-backend rolls with fewer pods than it has",
    "vapora-agents rolls on a ReadWriteOnce claim",
    "vapora-agents has several pods on a ReadWriteOnce claim",
    "the budget of vapora-backend may block a drain",
    "vapora-backend of 1 pods has 1 budgets",
    "vapora-backend of 1 pods has 1 budgets",
    "vapora-backend has no number of pods, or another than the least of its autoscaler",
    expect.stringMatching(/^the quota has 20 pods, and a rollout needs \d+$/),
  ]);
});
