import { DATA_SERVICES } from "../../config/schema/data-services";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseValue, settingsSchema } from "../../config";
import { settingLine } from "../../config/problems";
import { settingKeys } from "../../config/reference";
import { Engine } from "../../tools/commands/try/engine";
import { cacheFolder } from "../../tools/recording/compile";
import { projectRoot, readStack } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeWithEngine, uniqueNamespace } from "../support/cluster";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Parts of a key's path that shut each other out: a stack has the first of each or the second. */
const ALTERNATIVES = [
  ["replicas", "autoscaling"],
  ["ingress", "gateway"],
  ["existingSecret", "externalSecret"],
] as const;
/** Documented keys that hold a value; the others are sections. */
const KEYS = settingKeys().filter(({ schema }) => schema.properties === undefined && schema.anyOf === undefined);

describeWithEngine("pulumi config set --path", (cluster, pulumi) => {
  const root = projectRoot();
  const folder = join(cacheFolder(root), uniqueNamespace("config-set"));
  const engine = new Engine(pulumi, { root, stack: "dev", cluster, folder, progress: () => undefined });
  /** As our own reader gives it, keys without the project. */
  let config: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    await engine.prepare({});
    const pairs = KEYS.flatMap(({ path, schema }) => elements(path, schema.example));
    await engine.run(["config", "set-all", "--path", ...pairs.flatMap((pair) => ["--plaintext", pair])]);
    config = readConfig();
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function readConfig(): Readonly<Record<string, unknown>> {
    const entries = Object.entries(readStack(folder, "dev").config).map(([key, value]) => [
      key.replace("vapora:", ""),
      typeof value === "string" ? parseValue(value) : value,
    ]);
    return Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
  }

  it("sets every documented key to its example, lists and mappings by element", () => {
    const set = KEYS.map(({ path }) => [path, texts(valueAt(config, path))]);
    const examples = KEYS.map(({ path, schema }) => [path, texts(schema.example)]);
    expect(Object.fromEntries(set)).toEqual(Object.fromEntries(examples));
    expect(examples.length).toBeGreaterThan(300);
  });

  it.each([0, 1])("gives values that the schema accepts, in their shape number %i", (shape) => {
    const issues = settingsSchema.safeParse(inShape(config, shape)).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([]);
  });

  it("takes the lines that are told for keys with a name like a secret's", async () => {
    const looking = KEYS.filter(({ path, schema }) => {
      const scalar = typeof schema.example === "string" && !/\s/.test(schema.example);
      return scalar && settingLine(path, "").includes("--plaintext");
    });
    expect(looking.map(({ path }) => path)).toContain("frontend.exposure.ingress.tlsSecret");
    // the longest look most like a secret
    const length = ({ schema }: (typeof looking)[number]): number => String(schema.example).length;
    for (const { path, schema } of looking.sort((a, b) => length(b) - length(a)).slice(0, 8)) {
      const [, ...args] = settingLine(path, schema.example as string)
        .replaceAll("'", "")
        .split(" ");
      await engine.run(args);
    }
  });

  it("sets a single key as the documentation says, and a word for a whole section", async () => {
    await engine.run(["config", "set", "--path", "agents.storage.size", "20Gi"]);
    await engine.run(["config", "set", "providers", "none"]);
    const set = readConfig();
    expect(valueAt(set, "agents.storage.size")).toBe("20Gi");
    expect(settingsSchema.shape.providers.safeParse(set.providers)).toEqual({ success: true, data: "none" });
  });
});

/** What to type for a value, one `<path>=<value>` for each element of a list or mapping. */
function elements(path: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => elements(`${path}[${String(index)}]`, item));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) =>
      elements(/^\w+$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`, inner),
    );
  }
  return [`${path}=${String(value)}`];
}

/** A value with texts for all that is no section: the CLI takes `true` and `7` for no texts, in `env` too. */
function texts(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, texts(inner)]));
}

function valueAt(config: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], config);
}

/** The config with one of each two alternatives, and with bundled or with external data services. */
function inShape(config: Readonly<Record<string, unknown>>, shape: number): Record<string, unknown> {
  const dropped: readonly string[] = ALTERNATIVES.map((pair) => pair[shape === 0 ? 1 : 0]);
  const kept = without(config, dropped) as Record<string, Record<string, unknown>>;
  for (const name of DATA_SERVICES) {
    const { external, storage, ...bundled } = kept[name] ?? {};
    kept[name] = shape === 0 ? { ...bundled, storage } : { external, storage };
  }
  return kept;
}

function without(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(inner, names)]));
}
