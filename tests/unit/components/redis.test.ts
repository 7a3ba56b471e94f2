import { redisArguments } from "../../../components/redis";
import type { BundledRedis } from "../../../config/schema/data-services";

test("data takes two fifths of the memory limit, and the stack says what happens then", () => {
  const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  const args = (maxmemoryPolicy: BundledRedis["maxmemoryPolicy"]): string =>
    redisArguments({ resources, maxmemoryPolicy }).join(" ");
  expect(args("noeviction")).toContain("--maxmemory 429496729 --maxmemory-policy noeviction");
  expect(args("allkeys-lru")).toContain("--maxmemory 429496729 --maxmemory-policy allkeys-lru");
});
