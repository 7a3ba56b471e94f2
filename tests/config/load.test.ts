import { parseSettings } from "../../config";
import { readStack } from "../../offline/project";
import { record } from "../../offline/record";
import { RECORDING_TIMEOUT } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = readStack(process.cwd(), "dev").config;

/** The dev stack with parts of one key replaced. */
function devWith(key: string, change: object): Record<string, unknown> {
  return { [key]: { ...(dev[key] as object), ...change } };
}

function errorOf(config: Record<string, unknown>): string {
  const entries = Object.entries({ ...dev, ...config }).map(([key, value]) => [key.replace("vapora:", ""), value]);
  try {
    parseSettings(Object.fromEntries(entries) as Record<string, unknown>);
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a wrong stack file", () => {
  test("is refused with every problem at once, by path, value and what is allowed", () => {
    const error = errorOf({
      ...devWith("vapora:backend", { image: "vapora/backend:latest", replicas: -1 }),
      ...devWith("vapora:agents", { storage: { size: "lots" } }),
    });
    expect(error).toContain("3 problems in the stack's config:");
    expect(error).toContain("vapora:backend.image: must be an image with a fixed tag");
    expect(error).toContain('(it is "vapora/backend:latest")');
    expect(error).toContain("vapora:backend.replicas:");
    expect(error).toContain('vapora:agents.storage.size: must be a quantity such as 500m, 2 or 4Gi (it is "lots")');
  });

  test("ends the program with that message alone, without a stack trace", async () => {
    const failure = record("dev", { config: { "vapora:dataProtection": "perhaps" } });
    await expect(failure).rejects.toThrow(
      "1 problem in the stack's config:\n  - vapora:dataProtection: Invalid input: expected boolean, received string",
    );
    await expect(failure).rejects.not.toThrow(/^\s+at /m);
  });

  test.each([
    ["at the top", { "vapora:fronted": {} }, "vapora:fronted: there is no such key"],
    ["inside a service", devWith("vapora:backend", { replica: 2 }), "vapora:backend.replica: there is no such key"],
    [
      "deep inside",
      devWith("vapora:backend", {
        resources: { requests: { cpu: "1", memory: "1Gi", gpu: 1 }, limits: { cpu: "1", memory: "1Gi" } },
      }),
      "vapora:backend.resources.requests.gpu: there is no such key",
    ],
    ["inside a data service", devWith("vapora:nats", { cluster: true }), "vapora:nats.cluster: there is no such key"],
  ])("names an unknown key %s", (_where, config, message) => {
    expect(errorOf(config)).toContain(message);
  });

  test("with an external data service names what that lacks, not what a bundled one would", () => {
    const error = errorOf({ "vapora:redis": { external: { host: "redis.example.com" } } });
    expect(error).toContain("vapora:redis.external.ranges: is missing");
    expect(error).not.toContain("vapora:redis.image");
  });

  test("may not share a ReadWriteOnce claim among replicas", () => {
    const error = errorOf(devWith("vapora:agents", { replicas: 2 }));
    expect(error).toContain("vapora:agents.replicas: 2 replicas cannot share a ReadWriteOnce claim");
    expect(error).toContain("ReadWriteMany");
  });
});

test("numbers, as `pulumi config set --path` stores them, are quantities too", () => {
  const numbers = { requests: { cpu: 1, memory: 1024 }, limits: { cpu: 2, memory: 4096 } };
  expect(errorOf(devWith("vapora:backend", { resources: numbers }))).toBe("no error");
});
