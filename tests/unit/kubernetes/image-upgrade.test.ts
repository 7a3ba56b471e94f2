import { upgradeProblem } from "../../../kubernetes/image-upgrade";

test.each([
  ["redis:8.6.2-alpine", "redis:8.6.2-alpine"],
  ["redis:8.6.2-alpine", "redis:8.6.3-alpine"],
  ["redis:8.6.2-alpine", "redis:8.10.0"],
  ["redis:7.4.1", "redis:8.0.0"],
  ["surrealdb:v3.2.4", "mirror.example.com/surrealdb:v3.2.4@sha256:abc"],
  ["nats:2.15.2-alpine", "nats:2.16"],
  ["nats:2.15.2", "nats@sha256:abc"],
  ["nats:stable", "nats:2.1.0"],
])("from %s to %s is safe, or nothing is known against it", (before, after) => {
  expect(upgradeProblem(before, after)).toBeUndefined();
});

test.each([
  ["redis:8.6.2-alpine", "redis:8.6.1-alpine", "8.6.1 is older than 8.6.2"],
  ["redis:8.10.0", "redis:8.9.9", "8.9.9 is older than 8.10.0"],
  ["surrealdb:v3.0.0", "surrealdb:v2.9.9", "2.9.9 is older than 3.0.0"],
  ["redis:6.2.0", "redis:8.0.0", "8.0.0 skips major version 7"],
])("from %s to %s is refused", (before, after, problem) => {
  expect(upgradeProblem(before, after)).toContain(problem);
});
