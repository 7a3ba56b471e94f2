import { breaks, objections, withSecrets } from "../../../outputs/compatibility";
import { contractSchema } from "../../../outputs/contract-files";
import type { JsonSchema } from "../../../outputs/schema";
import { faults } from "../../../outputs/schema-check";
import { mockOutputs } from "../../../outputs/mock";

const released = contractSchema();

/** The released contract with the object at a path changed. */
function changed(path: string, change: (object: Draft) => void): JsonSchema {
  const schema = JSON.parse(JSON.stringify(released)) as Draft;
  const object = path.split(".").reduce<Draft>((outer, name) => {
    const inner = name === "" ? outer : outer.properties[name];
    if (inner === undefined) throw new Error(`there is no ${path}`);
    return inner;
  }, schema);
  change(object);
  return schema as JsonSchema;
}

interface Draft {
  type?: string;
  const?: number;
  enum?: string[];
  items?: Draft;
  additionalProperties?: Draft;
  properties: Record<string, Draft>;
  required: string[];
}

function rename(from: string, to: string): (object: Draft) => void {
  return ({ properties, required }) => {
    const inner = properties[from];
    if (inner === undefined) throw new Error(`there is no ${from}`);
    Reflect.deleteProperty(properties, from);
    properties[to] = inner;
    required.splice(required.indexOf(from), 1, to);
  };
}

function remove(name: string): (object: Draft) => void {
  return ({ properties, required }) => {
    Reflect.deleteProperty(properties, name);
    required.splice(0, required.length, ...required.filter((other) => other !== name));
  };
}

const RENAMED = changed("backend.service", rename("url", "address"));

const BREAKING: readonly (readonly [string, JsonSchema, string, string])[] = [
  ["an output that is removed", changed("", remove("redis")), "redis", "is gone"],
  ["an output inside another that is removed", changed("nats", remove("port")), "nats.port", "is gone"],
  ["an output that is renamed", RENAMED, "backend.service.url", "is gone (renamed to address?)"],
  ["an optional output that is removed", changed("secrets", remove("natsUrl")), "secrets.natsUrl", "is gone"],
  [
    "a text that becomes a number",
    changed(
      "agents.deployment",
      ({ properties }) => (properties.image = { ...properties.image, type: "integer" } as Draft),
    ),
    "agents.deployment.image",
    "was a text and is a whole number",
  ],
  [
    "one of several texts that may now be another",
    changed("agents.deployment.kind", (kind) => kind.enum?.push("DaemonSet")),
    "agents.deployment.kind",
    "may now be DaemonSet",
  ],
  [
    "an output that may now be missing",
    changed("surrealdb", ({ required }) => required.splice(required.indexOf("port"), 1)),
    "surrealdb.port",
    "may now be missing",
  ],
  [
    "another type in a list",
    changed("nats.ranges", (ranges) => (ranges.items = { type: "integer" } as Draft)),
    "nats.ranges[]",
    "was a text and is a whole number",
  ],
  [
    "another type by name",
    changed("backend.service.ports", (ports) => (ports.additionalProperties = { type: "string" } as Draft)),
    "backend.service.ports.*",
    "was a whole number and is a text",
  ],
  [
    "an output that turns secret",
    withSecrets(released, [["backend", "service", "url"]]),
    "backend.service.url",
    "turned secret",
  ],
  [
    "an output of which one field turns secret by name",
    withSecrets(released, [["backend", "service", "ports", "http"]]),
    "backend.service.ports.*",
    "turned secret",
  ],
];

describe("the comparison with the released contract", () => {
  test.each(BREAKING)("finds %s", (_name, current, path, what) => {
    expect(breaks(released, current).map((found) => [found.path, found.what])).toEqual([[path, what]]);
  });

  test.each(BREAKING)(
    "refuses %s without another version, says what consumers see, and what to do",
    (_n, current, path) => {
      const [first, remedy, ...more] = objections(released, current, "");
      expect(first).toContain(path);
      expect(first).toMatch(
        /Every consumer's next preview|A consumer that uses it gets undefined|turns secret at its next/,
      );
      expect(remedy).toMatch(/CONTRACT_VERSION in outputs\/declaration.ts to 2.*"## 2" in outputs\/CHANGELOG.md/);
      expect(more).toEqual([]);
    },
  );

  test("foretells the error that the package consumers have gives for a renamed output", () => {
    const { url, ...rest } = mockOutputs().backend.service;
    const outputs = { ...mockOutputs(), backend: { ...mockOutputs().backend, service: { ...rest, address: url } } };
    const [fault, ...more] = faults(outputs, released);
    expect(more).toEqual([]);
    const error = `${fault?.path ?? ""} is missing; it should be ${fault?.wanted ?? ""}`;
    expect(breaks(released, RENAMED)[0]?.consequence).toContain(`fails with "${error}"`);
  });

  test("finds nothing in what is only added, described anew, or surer than before", () => {
    const added = changed("backend.service", ({ properties }) => (properties.grpc = { type: "string" } as Draft));
    expect(objections(released, added, "")).toEqual([]);
    const narrowed = changed("agents.deployment.kind", (kind) => kind.enum?.pop());
    expect(objections(released, narrowed, "")).toEqual([]);
    const surer = changed("backend.deployment", ({ required }) => required.push("replicas"));
    expect(objections(released, surer, "")).toEqual([]);
    expect(objections(released, released, "")).toEqual([]);
  });

  describe("with the next version", () => {
    const next = structuredClone(RENAMED) as unknown as Draft;
    (next.properties.contractVersion ?? next).const = 2;
    const current = next as unknown as JsonSchema;

    test("wants a section of the changelog", () => {
      expect(objections(released, current, "# Changelog\n\n## 1\n\nFirst.\n")[0]).toContain('no section "## 2"');
      expect(objections(released, current, "# Changelog\n\n## 2\n\n## 1\n\nFirst.\n")[0]).toContain(
        'no section "## 2"',
      );
    });

    test("wants every broken output named in it", () => {
      const [objection] = objections(released, current, "## 2\n\nRead `backend.service.address`.\n");
      expect(objection).toMatch(/does not say what consumers do about `backend.service.url`, which is gone/);
    });

    test("is content once it is told", () => {
      const told =
        "## 2\n\n- `backend.service.url` is `backend.service.address` now: read that one.\n\n## 1\n\nFirst.\n";
      expect(objections(released, current, told)).toEqual([]);
    });

    test("refuses to skip a version or to go back", () => {
      for (const version of [0, 3]) {
        const other = structuredClone(next);
        (other.properties.contractVersion ?? other).const = version;
        expect(objections(released, other as unknown as JsonSchema, "")).toEqual([
          `The contract's version goes from 1 to ${String(version)}; the next one is 2.`,
        ]);
      }
    });
  });
});
