import { parseSettings } from "../../../config";
import { record } from "../../../tools/recording/record";
import { RECORDING_TIMEOUT } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = fixtureStack("dev").config;

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
    expect(error).toContain(
      "vapora:agents.storage.size: must be bytes such as 512Mi or 10Gi, at least 1M (it is \"lots\"). Type: pulumi config set --path 'agents.storage.size' 10Gi",
    );
  });

  test("ends the program with that message alone, without a stack trace", async () => {
    const failure = record("dev", { config: { "vapora:dataProtection": "perhaps" } });
    await expect(failure).rejects.toThrow(
      "1 problem in the stack's config:\n  - vapora:dataProtection: must be true or false (it is \"perhaps\"). Type: pulumi config set --path 'dataProtection' true",
    );
    await expect(failure).rejects.not.toThrow(/^\s+at /m);
  });

  test.each([
    [
      "at the top",
      { "vapora:fronted": {} },
      "vapora:fronted: there is no such key; did you mean frontend? To take it out, type: pulumi config rm --path 'fronted'",
    ],
    [
      "inside a service",
      devWith("vapora:backend", { replica: 2 }),
      "vapora:backend.replica: there is no such key; did you mean replicas?",
    ],
    [
      "deep inside",
      devWith("vapora:backend", {
        resources: { requests: { cpu: "1", memory: "1Gi", gpu: 1 }, limits: { cpu: "1", memory: "1Gi" } },
      }),
      "vapora:backend.resources.requests.gpu: there is no such key",
    ],
    [
      "inside a data service",
      devWith("vapora:nats", { cluster: true }),
      "vapora:nats.cluster: there is no such key; there are: external, image,",
    ],
  ])("names an unknown key %s", (_where, config, message) => {
    expect(errorOf(config)).toContain(message);
  });

  test("with an external data service names what that lacks, not what a bundled one would", () => {
    const error = errorOf({ "vapora:redis": { external: { host: "redis.example.com" } } });
    expect(error).toContain("vapora:redis.external.ranges: is missing");
    expect(error).not.toContain("vapora:redis.image");
  });

  test("names a label key that cannot be one, and how to take it out", () => {
    expect(errorOf(devWith("vapora:backend", { nodeSelector: { "a b": "c", "example.com/pool": "x y" } }))).toBe(
      [
        "2 problems in the stack's config:",
        '  - vapora:backend.nodeSelector["a b"]: this key must be a label key such as workload or topology.kubernetes.io/zone. To take it out, type: pulumi config rm --path \'backend.nodeSelector["a b"]\'',
        '  - vapora:backend.nodeSelector["example.com/pool"]: must be a label value of at most 63 characters (it is "x y"). Write it in the stack\'s file; docs/configuration.md shows how.',
      ].join("\n"),
    );
  });

  test("never shows a value that was set as a secret", async () => {
    const failure = record("dev", { config: devWith("vapora:frontend", { replicas: { secure: "v1:sealed" } }) });
    await expect(failure).rejects.toThrow(
      "vapora:frontend.replicas: must be a whole number from 0 to 1000 (its value is secret).",
    );
  });

  test("may not share a ReadWriteOnce claim among replicas", () => {
    const error = errorOf(devWith("vapora:agents", { replicas: 2 }));
    expect(error).toContain(
      "vapora:agents.replicas: must be 1 with a ReadWriteOnce claim: 2 replicas cannot share it.",
    );
    expect(error).toContain("ReadWriteMany");
    expect(error).toContain("Type: pulumi config set --path 'agents.replicas' 1");
  });
});

test("numbers, as `pulumi config set --path` stores them, are quantities too", () => {
  const numbers = { requests: { cpu: 1, memory: 1048576 }, limits: { cpu: 2, memory: 4194304 } };
  expect(errorOf(devWith("vapora:backend", { resources: numbers }))).toBe("no error");
});

describe("a secret", () => {
  const failure = (config: Record<string, unknown>): Promise<unknown> => record("dev", { config });

  test("that lies in the clear is refused, and not shown", async () => {
    const error = failure({ "vapora:claudeApiKey": "canary-value" });
    await expect(error).rejects.toThrow("vapora:claudeApiKey: is in the clear and may have been read.");
    await expect(error).rejects.not.toThrow("canary-value");
  });

  test("may not hide among plain settings, where it would end in an object in the clear", async () => {
    const config = devWith("vapora:backend", { env: { TOKEN: { secure: "v1:sealed" } } });
    await expect(failure(config)).rejects.toThrow("vapora:backend: may not hold a secret");
  });

  test("that nothing uses is pointed out", async () => {
    const external = { host: "redis.example.com", ranges: ["10.0.0.0/8"] };
    const config = { "vapora:redis": { external }, "vapora:redisPassword": { secure: "v1:sealed" } };
    await expect(failure(config)).rejects.toThrow("vapora:redisPassword: is set and not used");
  });

  test("that must be there and is not is an error with the line to type", async () => {
    const external = { host: "db.example.com", ranges: ["10.0.0.0/8"], username: "vapora" };
    // the recording puts placeholders in for what is missing; without them the program says what an engine would
    const config = { "vapora:surrealdb": { external }, "vapora:surrealdbPassword": "" };
    await expect(failure(config)).rejects.toThrow("pulumi config set --secret surrealdbPassword");
  });
});
