import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Json, KubernetesObject } from "../../../tools/recording/recording";
import { objectNamed, objectsOf, RECORDING_TIMEOUT } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const seed = parseAllDocuments(readFileSync(join(process.cwd(), "tests", "fixtures", "seed.yaml"), "utf8")).map(
  (document) => document.toJS() as KubernetesObject,
);

/** Values of an object by path; items of a list are found by their name, where they have one. */
function leaves(value: unknown, path = ""): [path: string, value: Json][] {
  if (Array.isArray(value)) {
    return value.flatMap((item: { name?: string }, index) => leaves(item, `${path}[${item.name ?? String(index)}]`));
  }
  if (typeof value !== "object" || value === null) return [[path, value as Json]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, `${path}.${key}`));
}

/** The seed declares its accounts by name and namespace alone; of those, kind and version are our words. */
function seedValues(object: KubernetesObject): [string, Json][] {
  return leaves(object.kind === "ServiceAccount" ? { metadata: object.metadata } : object);
}

test("the seed has 266 values in ten objects and three accounts", () => {
  expect(seed).toHaveLength(13);
  expect(seed.flatMap(seedValues)).toHaveLength(266);
});

/** Values that differ, each by a decision in docs/decisions. */
const DECIDED: Readonly<Record<string, readonly string[]>> = {
  // 0014-log-level.md
  ...Object.fromEntries(
    Object.entries({ backend: "backend", agents: "agents", "llm-router": "router", "mcp-gateway": "gateway" }).map(
      ([app, container]) => [
        `Deployment vapora-${app}`,
        [`.spec.template.spec.containers[${container}].env[RUST_LOG].value`],
      ],
    ),
  ),
  // 0007-frontend-liveness.md
  "Deployment vapora-frontend": [
    ".spec.template.spec.containers[frontend].livenessProbe.httpGet.path",
    ".spec.template.spec.containers[frontend].livenessProbe.httpGet.port",
  ],
};

test.each(seed.map((object) => [object.kind, object.metadata.name, object] as const))(
  "production's %s %s has every value of the seed's, but for what is decided",
  async (kind, name, object) => {
    const ours = new Map(leaves(objectNamed(await objectsOf("prod"), kind, name)));
    const different = seedValues(object).filter(([path, value]) => ours.get(path) !== value);
    expect(different.map(([path]) => path)).toEqual(DECIDED[`${kind} ${name}`] ?? []);
  },
);
