import { deploymentStrategy, rolloutOf } from "../../../kubernetes/rollout";
import type { RolloutArgs } from "../../../kubernetes/rollout";

const shutdown = { delay: "5s", drain: "30s" };
const rolling = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

function strategy(args: Partial<RolloutArgs>): object {
  return deploymentStrategy(rolloutOf({ replicas: 1, shutdown, ...args }));
}

test("a pod on a ReadWriteOnce claim goes before the next one comes", () => {
  expect(strategy({ storage: { size: "1Gi", mode: "shared" } })).toEqual({ type: "Recreate" });
  expect(strategy({ storage: { size: "1Gi", mode: "shared", accessMode: "ReadWriteOnce" } })).toEqual({
    type: "Recreate",
  });
});

test("without a claim, or with one that all may mount, the next pod comes first", () => {
  expect(strategy({})).toEqual(rolling);
  expect(strategy({ storage: { size: "1Gi", mode: "shared", accessMode: "ReadWriteMany" } })).toEqual(rolling);
  expect(strategy({ storage: { size: "1Gi", mode: "ephemeral" } })).toEqual(rolling);
});

test("a claim for each pod makes a StatefulSet, which adds no pod", () => {
  const storage = { size: "1Gi", mode: "perReplica" } as const;
  expect(rolloutOf({ replicas: 3, shutdown, storage })).toMatchObject({
    kind: "StatefulSet",
    surges: false,
    peakPods: 3,
  });
});

test("a pod may take as long to end as it goes on serving and drains, and a little more, unless config says how long", () => {
  expect(rolloutOf({ replicas: 1, shutdown }).terminationGracePeriodSeconds).toBe(40);
  const patient = { ...shutdown, gracePeriod: "10m" };
  expect(rolloutOf({ replicas: 1, shutdown: patient }).terminationGracePeriodSeconds).toBe(600);
});

test("a new pod that waits for the old one's end has that time besides", () => {
  const exclusive = rolloutOf({ replicas: 1, shutdown, storage: { size: "1Gi", mode: "shared" } });
  expect(rolloutOf({ replicas: 1, shutdown }).progressDeadlineSeconds).toBe(250);
  expect(exclusive.progressDeadlineSeconds).toBe(280);
});

test("the engine waits longer than a rollout may take without progress, for every pod", () => {
  for (const replicas of [0, 1, 3, 50]) {
    const { progressDeadlineSeconds, timeouts } = rolloutOf({ replicas, shutdown });
    const seconds = Number(String(timeouts.update).replace("s", ""));
    expect(seconds).toBeGreaterThan(progressDeadlineSeconds * Math.max(1, replicas));
    expect(timeouts.create).toBe(timeouts.update);
  }
});

test("the peak counts the new pod and those that are still on their way out", () => {
  // 3 wanted, 1 more, and 40 s of ending at one pod in 10 s: all 3
  expect(rolloutOf({ replicas: 3, shutdown }).peakPods).toBe(7);
  expect(rolloutOf({ replicas: 20, shutdown }).peakPods).toBe(25);
  expect(rolloutOf({ autoscaling: { minReplicas: 2, maxReplicas: 3 }, shutdown }).peakPods).toBe(7);
  expect(rolloutOf({ replicas: 0, shutdown }).peakPods).toBe(0);
});
