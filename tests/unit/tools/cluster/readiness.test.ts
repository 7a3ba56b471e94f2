import { notReady } from "../../../../tools/cluster/readiness";
import type { LiveObject } from "../../../../tools/cluster/readiness";

/** A workload of two pods, all up in its third generation, but for what is given. */
function workload(
  status: LiveObject["status"],
  rest: { readonly kind?: string; readonly spec?: LiveObject["spec"] } = {},
): LiveObject {
  return {
    kind: rest.kind ?? "Deployment",
    metadata: { name: "backend", namespace: "vapora", generation: 3 },
    spec: rest.spec ?? { replicas: 2 },
    ...(status === undefined ? {} : { status }),
  };
}

const UP = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

test.each<[string, LiveObject]>([
  ["all pods of the newest revision are available", workload(UP)],
  ["a StatefulSet's are", workload(UP, { kind: "StatefulSet" })],
  ["a controller is a generation ahead of what was asked for", workload({ ...UP, observedGeneration: 4 })],
  ["no number of pods is given, and there is one", workload(ones(1), { spec: {} })],
  ["no pods are wanted and none are there", workload({ observedGeneration: 3 }, { spec: { replicas: 0 } })],
])("a workload is up if %s", (_name, live) => {
  expect(notReady(live)).toBeUndefined();
});

test.each<[string, LiveObject, number]>([
  ["its controller has not seen the newest generation", workload({ ...UP, observedGeneration: 2 }), 2],
  ["a pod of an old revision is left", workload({ ...UP, replicas: 3 }), 2],
  ["a pod is of an old revision", workload({ ...UP, updatedReplicas: 1 }), 2],
  ["a pod is not available", workload({ ...UP, availableReplicas: 1 }), 1],
  ["a pod is missing", workload(ones(1)), 1],
  ["it was scaled to nothing and pods are left", workload(UP, { spec: { replicas: 0 } }), 2],
  ["nothing is known of it yet", workload(undefined), 0],
])("a workload is not up if %s", (_name, live, available) => {
  const wanted = live.spec.replicas ?? 1;
  expect(notReady(live)).toBe(`Deployment backend has ${String(available)} of ${String(wanted)} pods available`);
});

test.each([
  ["Bound", undefined],
  ["Pending", "PersistentVolumeClaim data is Pending"],
  ["Lost", "PersistentVolumeClaim data is Lost"],
  [undefined, "PersistentVolumeClaim data is new"],
])("a claim in phase %s: %s", (phase, reason) => {
  const claim: LiveObject = {
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "vapora" },
    spec: {},
    ...(phase === undefined ? {} : { status: { phase } }),
  };
  expect(notReady(claim)).toBe(reason);
});

function ones(count: number): LiveObject["status"] {
  return { observedGeneration: 3, replicas: count, updatedReplicas: count, availableReplicas: count };
}
