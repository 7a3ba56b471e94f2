import { oneReplicaPerReadWriteOnceClaim, requestsWithinLimits } from "../../config/rules";

test.each([
  [0, "ReadWriteOnce", 0],
  [1, "ReadWriteOnce", 0],
  [2, "ReadWriteOnce", 1],
  [2, "ReadWriteMany", 0],
])("%d replicas on a claim that is %s: %d problems", (replicas, accessMode, count) => {
  const problems = oneReplicaPerReadWriteOnceClaim("agents", { replicas, storage: { accessMode } });
  expect(problems).toHaveLength(count);
  for (const { path } of problems) expect(path).toEqual(["agents", "replicas"]);
});

test.each([
  ["1", "1000m", "1Gi", "1024Mi", []],
  ["1001m", "1", "1Gi", "1Gi", [["agents", "resources", "requests", "cpu"]]],
  ["1", "1", "1Gi", "1G", [["agents", "resources", "requests", "memory"]]],
])("requests of %s under %s cpu and %s under %s memory", (cpu, cpuLimit, memory, memoryLimit, paths) => {
  const resources = { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } };
  expect(requestsWithinLimits("agents", { resources }).map(({ path }) => path)).toEqual(paths);
});
