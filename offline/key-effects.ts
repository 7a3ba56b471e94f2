/** What each documented config key changes: no key may be read and do nothing. */
import { settingKeys } from "../config/reference";
import type { Key } from "../config/reference";
import { readStack } from "./project";
import { record } from "./record";
import type { Recording } from "./recording";

type Section = Readonly<Record<string, unknown>>;

/** The stack the keys are set in: every service can take every value there. */
const STACK = "dev";
const EXTERNAL = { host: "before.example.com", port: 1, ranges: ["10.0.0.0/8"], tls: false, username: "before" };

/** Amounts that keep requests within limits. */
const AMOUNTS = { "requests.cpu": "1m", "requests.memory": "1Mi", "limits.cpu": "100", "limits.memory": "100Gi" };

/** The resources that each key changes, as `<kind> <logical name>`, by key. Two recordings run at a time. */
export async function keyEffects(root: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const keys = settingKeys().filter(({ schema }) => schema.properties === undefined && schema.anyOf === undefined);
  const effects: Record<string, readonly string[]> = {};
  const bases = new Map<string, Promise<Recording>>();
  const queue = [...keys];
  const work = async (): Promise<void> => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift())
      effects[key.path] = await effect(root, key, bases);
  };
  await Promise.all([work(), work()]);
  return Object.fromEntries(keys.map(({ path }) => [path, effects[path] ?? []]));
}

async function effect(root: string, key: Key, bases: Map<string, Promise<Recording>>): Promise<string[]> {
  const base = baseConfig(root, key);
  const path = key.path.split(".");
  const before = valueAt(base, path);
  const changed = withValue(base, path, otherValue(key, before));
  const known = JSON.stringify(base);
  const old = bases.get(known) ?? record(STACK, { root, config: base });
  bases.set(known, old);
  return differences(await old, await record(STACK, { root, config: changed }));
}

/** A credential kept elsewhere, by the kind of place. */
const SOURCES: Readonly<Record<string, Section>> = {
  existingSecret: { name: "before", key: "before", version: "before" },
  externalSecret: { store: "before", remoteKey: "before", refreshInterval: "2h" },
};

/** The stack's config, with room for the key: shared claims for replicas, and whatever section the key is part of. */
function baseConfig(root: string, { path }: Key): Section {
  const { config } = readStack(root, STACK);
  const shared = ["agents", "llmRouter", "mcpGateway"].map((name) => {
    const section = config[`vapora:${name}`] as { readonly storage: Section };
    return [`vapora:${name}`, { ...section, storage: { ...section.storage, accessMode: "ReadWriteMany" } }];
  });
  const base = { ...config, ...Object.fromEntries(shared) } as Section;
  const [name = "", part = "", last = "", kind = ""] = path.split(".");
  if (part === "shutdown") return withValue(base, [name, part], { delay: "1s", gracePeriod: "10s" });
  if (name === "providers") {
    const provider = last === "apiKey" ? { apiKey: { [kind]: SOURCES[kind] } } : { required: false };
    const key = last === "enabled" ? { [`vapora:${part}ApiKey`]: { secure: "placeholder" } } : {};
    return { ...withValue(base, [name, part], provider), ...key };
  }
  if (part !== "external") return base;
  if (last === "url") {
    return withValue(base, [name], { external: { ...EXTERNAL, username: undefined, url: { [kind]: SOURCES[kind] } } });
  }
  const password = { [`vapora:${name}Password`]: { secure: "placeholder" } };
  return { ...withValue(base, [name], { external: EXTERNAL }), ...password };
}

/** Another valid value than the one there is: the key's example, or one that differs from it. */
function otherValue({ path, schema }: Key, before: unknown): unknown {
  const { enum: values, example } = schema;
  const sized = Object.entries(AMOUNTS).find(([end]) => path.endsWith(end));
  if (sized !== undefined) return sized[1];
  if (values !== undefined) return values.find((value) => value !== (before ?? schema.default));
  if (typeof before === "boolean" || schema.type === "boolean") return !((before ?? schema.default) as boolean);
  if (example === undefined) throw new Error(`${path} has no example`);
  return JSON.stringify(example) === JSON.stringify(before) ? varied(example) : example;
}

function varied(example: unknown): unknown {
  if (typeof example === "number") return example + 1;
  // a quantity, a tag and a name all stay what they are with another digit in front of or behind them
  const text = String(example);
  return /^\d+[A-Za-z]*$/.test(text) ? `1${text}` : `${text}1`;
}

function differences(old: Recording, now: Recording): string[] {
  const texts = (made: Recording): Map<string, string> =>
    new Map(
      made.resources
        .filter(({ custom }) => custom)
        .map((resource) => [describe(resource), JSON.stringify([resource.inputs, resource.options])]),
    );
  const [before, after] = [texts(old), texts(now)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  return JSON.stringify(old.outputs) === JSON.stringify(now.outputs) ? changed : [...changed, "outputs"];
}

function describe({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}

function valueAt(config: Section, [section = "", ...path]: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Section | undefined)?.[part], config[`vapora:${section}`]);
}

function withValue(config: Section, [section = "", ...path]: readonly string[], value: unknown): Section {
  const set = (inner: unknown, [part, ...rest]: readonly string[]): unknown =>
    part === undefined
      ? value
      : { ...(inner as Section | undefined), [part]: set((inner as Section | undefined)?.[part], rest) };
  return { ...config, [`vapora:${section}`]: set(config[`vapora:${section}`], path) };
}
