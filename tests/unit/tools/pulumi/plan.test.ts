import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openUnknowns, withoutPlanned } from "../../../../tools/pulumi/plan";

const ANY = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SEALED = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vapora-plan-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function opened(content: unknown): unknown {
  const path = join(folder, "plan.json");
  writeFileSync(path, JSON.stringify(content));
  openUnknowns(path);
  return JSON.parse(readFileSync(path, "utf8"));
}

function plan(type: string, inputDiff: object): object {
  return { manifest: { version: "v3" }, resourcePlans: { urn: { goal: { type, inputDiff }, steps: ["update"] } } };
}

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

test.each([
  [
    "what is known stays planned",
    DEPLOYMENT,
    { adds: { a: { b: 1 } }, updates: { c: "x" } },
    { adds: { a: { b: 1 } }, updates: { c: "x" } },
  ],
  [
    "an input with something unknown in it",
    DEPLOYMENT,
    { updates: { spec: { a: [ANY] }, kind: "x" } },
    { adds: { spec: ANY }, updates: { kind: "x" } },
  ],
  [
    "all of an object that is unknown in part, but for its kind: the provider writes it anew once it knows it",
    DEPLOYMENT,
    { adds: { apiVersion: "v", kind: "x", metadata: { a: ANY }, spec: { cpu: "1000m" } } },
    { adds: { apiVersion: "v", kind: "x", metadata: ANY, spec: ANY }, updates: {} },
  ],
  [
    "of anything else only what is unknown",
    "random:index/randomBytes:RandomBytes",
    { adds: { length: 32, keepers: { a: ANY } } },
    { adds: { length: 32, keepers: ANY }, updates: {} },
  ],
  [
    "an input with a sealed value in it",
    DEPLOYMENT,
    { adds: { spec: { a: SEALED } } },
    { adds: { spec: ANY }, updates: {} },
  ],
  [
    "all values of a Secret, whether planned or not",
    "kubernetes:core/v1:Secret",
    { updates: { data: { a: "eA==" } } },
    { adds: { data: ANY, stringData: ANY }, updates: {} },
  ],
  ["removals stay planned", DEPLOYMENT, { deletes: ["a"] }, { deletes: ["a"], adds: {}, updates: {} }],
])("%s", (_name, type, before, after) => {
  expect(opened(plan(type, before))).toEqual(plan(type, after));
});

test("what goes has no goal, and keeps its step", () => {
  const content = { resourcePlans: { urn: { steps: ["delete"] } } };
  expect(opened(content)).toEqual(content);
});

test("what is no plan is refused", () => {
  expect(() => opened({ steps: [] })).toThrow("a plan of an unknown form");
});

test("a breach of the plan is told without a value", () => {
  const said = [
    "Diagnostics:",
    "  kubernetes:core/v1:Secret (a):",
    "    error: resource urn:a violates plan: properties changed: =+data[{map[password:{c2VjcmV0}]}]",
    "",
    "Resources:",
    "    1 errored",
  ].join("\n");
  expect(withoutPlanned(said)).toBe(
    said.replace(/violates plan.*/, "violates plan: it would do something else than was previewed; run it again"),
  );
});
