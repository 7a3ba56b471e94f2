import { newsOnly } from "../../../../../tools/commands/up/news";

/** What is shown of these lines of pulumi. */
function shown(...lines: readonly string[]): string[] {
  const told: string[] = [];
  const tell = newsOnly((line) => void told.push(line));
  lines.forEach(tell);
  return told;
}

test("each resource is told once per piece of news, however often pulumi tells how long it takes", () => {
  expect(
    shown(
      "@ updating....",
      "+  kubernetes:apps/v1:Deployment backend creating (0s)",
      "+  kubernetes:apps/v1:Deployment frontend creating (0s)",
      "+  kubernetes:apps/v1:Deployment backend creating (1s)",
      "+  kubernetes:apps/v1:Deployment backend creating (2s) [1/2] Waiting for app ReplicaSet to be available",
      "+  kubernetes:apps/v1:Deployment backend creating (3s) [1/2] Waiting for app ReplicaSet to be available",
      "+  kubernetes:apps/v1:Deployment backend created (12s)",
    ),
  ).toEqual([
    "+  kubernetes:apps/v1:Deployment backend creating (0s)",
    "+  kubernetes:apps/v1:Deployment frontend creating (0s)",
    "+  kubernetes:apps/v1:Deployment backend creating (2s) [1/2] Waiting for app ReplicaSet to be available",
    "+  kubernetes:apps/v1:Deployment backend created (12s)",
  ]);
});

test("what is only read is not told", () => {
  expect(shown("kubernetes:core/v1:Namespace expected-cluster read")).toEqual([]);
});
