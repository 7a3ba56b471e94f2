import { redisArguments } from "../../components/redis";

test("memory stops at three quarters of the limit", () => {
  const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  expect(redisArguments({ resources }).join(" ")).toContain("--maxmemory 805306368 --maxmemory-policy noeviction");
});
