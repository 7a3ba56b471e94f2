import type { Recording } from "../../../tools/recording/recording";
import { referencesResolve } from "../../../policy/references-resolve";
import { violations } from "../../../policy/policy-rule";
import { policySettings } from "../../../policy/pack-settings";
import { missingGuards } from "../../support/guards";
import { recording, RECORDING_TIMEOUT, STACKS } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

describe.each(STACKS)("in stack %s", (stack) => {
  test("every reference between objects resolves", async () => {
    expect(brokenReferences(await recording(stack))).toEqual([]);
  });

  test("every workload has its network policy, and its budget where it runs several pods", async () => {
    expect(missingGuards(await recording(stack))).toEqual([]);
  });

  test("the absence of any one object would show", async () => {
    const made = await recording(stack);
    const objects = made.resources.filter(({ type }) => type.startsWith("kubernetes:"));
    const unnoticed = objects.filter((removed) => {
      const rest = without(made, removed.urn);
      return [...brokenReferences(rest), ...missingGuards(rest)].length === 0;
    });
    expect(objects.length).toBeGreaterThan(30);
    expect(unnoticed.map(({ urn }) => urn)).toEqual([]);
  });
});

test("external data services and a namespace made elsewhere leave nothing unresolved but what is declared", async () => {
  const external = (host: string, more: object = {}): object => ({
    external: { host, ranges: ["10.0.0.0/8"], ...more },
  });
  const made = await recording("dev", {
    "vapora:namespace": { name: "elsewhere", create: false },
    "vapora:nats": external("nats.example.com", { username: "vapora" }),
    "vapora:redis": external("redis.example.com"),
    "vapora:surrealdb": external("db.example.com", { username: "vapora" }),
  });
  const hosts = ["nats.example.com", "redis.example.com", "db.example.com"];
  expect(brokenReferences(made, { hosts, namespaces: ["elsewhere"] })).toEqual([]);
  expect(brokenReferences(made, { hosts })).not.toEqual([]);
  expect(brokenReferences(made, { namespaces: ["elsewhere"] })).not.toEqual([]);
});

/** One sentence per reference that leads nowhere. */
function brokenReferences(made: Recording, declared: { hosts?: string[]; namespaces?: string[] } = {}): string[] {
  return violations([referencesResolve], made.resources, policySettings({ declared })).map(({ message }) => message);
}

function without(made: Recording, urn: string): Recording {
  return { ...made, resources: made.resources.filter((resource) => resource.urn !== urn) };
}
