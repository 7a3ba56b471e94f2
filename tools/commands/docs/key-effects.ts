/** What each documented config key changes: no key may be read and do nothing. */
import { settingKeys, settingsJsonSchema } from "../../../config/reference";
import type { Key } from "../../../config/reference";
import { DATA_SERVICES } from "../../../config/schema/data-services";
import { CLAIMING, SERVICES } from "../../../config/schema/services";
import { valueAt, withValueAt } from "../../../config/value-at";
import { readStack } from "../../recording/project";
import { recordMany } from "../../recording/record";
import type { Recording } from "../../recording/recording";

type Section = Readonly<Record<string, unknown>>;

/** The stack the keys are set in: every service can take every value there. */
const STACK = "dev";
const EXTERNAL = { host: "before.example.com", port: 1, ranges: ["10.0.0.0/8"], tls: false, username: "before" };
const CLIENT = { image: "docker.io/surrealdb/surrealdb:v3.2.3" };

/** Amounts that keep requests within limits. */
const AMOUNTS = { "requests.cpu": "1m", "requests.memory": "1Mi", "limits.cpu": "100", "limits.memory": "100Gi" };

/** Sections whose keys change their own component, so that the same key of all of them is tried at once. */
const WORKLOADS: readonly string[] = [...DATA_SERVICES, ...SERVICES];

/** One key with another value. */
export interface KeyTrial {
  /** The key, e.g. `backend.image`. */
  readonly path: string;
  readonly before: Recording;
  readonly after: Recording;
  /** False for a resource that differs because another key was tried at the same time. */
  readonly concerns: (urn: string) => boolean;
}

/** Every documented key with another value, all recorded by one process. */
export async function keyTrials(root: string): Promise<KeyTrial[]> {
  const keys = settingKeys().filter(({ schema }) => schema.properties === undefined && schema.anyOf === undefined);
  const { config } = readStack(root, STACK);
  const trials = [...groups(keys).values()].map((group) => trial(config, group));
  const configs = [...new Set(trials.flatMap(({ base, changed }) => [base, changed]))];
  const recordings = await recordMany(
    STACK,
    configs.map((text) => JSON.parse(text) as Section),
    { root },
  );
  const made = new Map(recordings.map((recording, index) => [configs[index] ?? "", recording]));
  const tried = trials.flatMap((one) => trialsOf(one, made));
  return keys.flatMap(({ path }) => tried.find((one) => one.path === path) ?? []);
}

/** The resources that each key changes, as `<kind> <logical name>`, by key. */
export function keyEffects(trials: readonly KeyTrial[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(trials.map((one) => [one.path, differences(one)]));
}

/** Sections of a workload whose keys concern others as well. */
const FOR_OTHERS = ["external", "exposure"];

/** Keys that only change together, since they sum to 1. */
const TOGETHER = "learning.weights";

/** Keys that are tried together: the same one of several workloads, those of one sum, else each by itself. */
function groups(keys: readonly Key[]): Map<string, Key[]> {
  const found = new Map<string, Key[]>();
  for (const key of keys) {
    const [section = "", ...rest] = key.path.split(".");
    const isShared = WORKLOADS.includes(section) && !FOR_OTHERS.includes(rest[0] ?? "");
    const name = isShared ? rest.join(".") : key.path.startsWith(TOGETHER) ? TOGETHER : key.path;
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  return found;
}

/** Keys that are tried together, and the configs, as JSON, that differ by them alone. */
interface Trial {
  readonly keys: readonly Key[];
  readonly base: string;
  readonly changed: string;
}

function trial(config: Section, keys: readonly Key[]): Trial {
  const base = keys.reduce(baseConfig, config);
  const changed = keys.reduce((whole, key) => {
    const path = key.path.split(".");
    return withValue(whole, path, otherValue(key, valueAt(base, fullPath(path))));
  }, base);
  return { keys, base: JSON.stringify(base), changed: JSON.stringify(changed) };
}

function trialsOf({ keys, base, changed }: Trial, made: ReadonlyMap<string, Recording>): KeyTrial[] {
  const [before, after] = [made.get(base), made.get(changed)];
  if (before === undefined || after === undefined) throw new Error("a config was not recorded");
  const parents = new Map([...before.resources, ...after.resources].map(({ urn, parent }) => [urn, parent]));
  const isOneSection = new Set(keys.map(({ path }) => path.split(".")[0])).size === 1;
  return keys.map(({ path }) => {
    const component = kebabCase(path.split(".")[0] ?? "");
    return { path, before, after, concerns: (urn) => isOneSection || componentOf(urn, parents) === component };
  });
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A credential kept elsewhere, by the kind of place. */
const SOURCES: Readonly<Record<string, Section>> = {
  existingSecret: { name: "before", key: "before", version: "before" },
  externalSecret: { store: "before", remoteKey: "before", refreshInterval: "2h" },
};

/** Config with room for a key: shared claims for replicas, and whatever section the key is part of. */
function baseConfig(config: Section, { path }: Key): Section {
  const shared = CLAIMING.map((name) => {
    const section = config[`vapora:${name}`] as { readonly storage: Section };
    return [`vapora:${name}`, { ...section, storage: { ...section.storage, accessMode: "ReadWriteMany" } }];
  });
  const base = withSections({ ...config, ...Object.fromEntries(shared) } as Section, path);
  const [name = "", part = "", last = "", kind = ""] = path.split(".");
  if (part === "autoscaling") {
    const scaled = withValue(base, [name, part, "cpuUtilization"], 50);
    return withValue(scaled, [name, "replicas"], undefined);
  }
  if (part === "exposure") return withValue(base, [name, part, last, "controllerNamespace"], "before");
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
  const client = last === "client" ? { client: CLIENT } : {};
  return { ...withValue(base, [name], { external: { ...EXTERNAL, ...client } }), ...password };
}

/** The config with the optional sections that a key is part of, each with what it must hold: the examples. */
function withSections(config: Section, path: string): Section {
  const parts = path.split(".").slice(0, -1);
  return parts.reduce<Section>((filled, _part, index) => {
    const section = parts.slice(0, index + 1);
    const schema = section.reduce<Key["schema"] | undefined>(
      (outer, part) => outer?.properties?.[part] as Key["schema"] | undefined,
      settingsJsonSchema(),
    );
    const isMissing = schema?.properties !== undefined && valueAt(filled, fullPath(section)) === undefined;
    return isMissing ? withValue(filled, section, sample(schema)) : filled;
  }, config);
}

/** A section with its required keys alone. */
function sample({ properties = {}, required = [], example }: Key["schema"]): unknown {
  if (example !== undefined) return example;
  return Object.fromEntries(required.map((key) => [key, sample(properties[key] as Key["schema"])]));
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
  if (Array.isArray(example)) return example.map(varied);
  // quantities, addresses, tags and names all stay what they are with another digit in front of or behind them
  const text = String(example);
  return /^\d/.test(text) ? `1${text}` : `${text}1`;
}

function differences({ before: old, after: now, concerns }: KeyTrial): string[] {
  const texts = (made: Recording): Map<string, string> =>
    new Map(
      made.resources
        .filter(({ custom }) => custom)
        .map(({ urn, inputs, options }) => [urn, JSON.stringify([inputs, options])]),
    );
  const [before, after] = [texts(old), texts(now)];
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((urn) => before.get(urn) !== after.get(urn) && concerns(urn))
    .map(describe);
  const isSeen = concerns("") && JSON.stringify(old.outputs) !== JSON.stringify(now.outputs);
  return [...changed.sort(), ...(isSeen ? ["outputs"] : [])];
}

function componentOf(urn: string, parents: ReadonlyMap<string, string | undefined>): string {
  const parent = parents.get(urn);
  return parent === undefined || parent.includes("::pulumi:pulumi:Stack::")
    ? nameOf(urn)
    : componentOf(parent, parents);
}

function describe(urn: string): string {
  return `${urn.split("::")[2]?.split(":").at(-1) ?? ""} ${nameOf(urn)}`;
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

function fullPath([section = "", ...path]: readonly string[]): string[] {
  return [`vapora:${section}`, ...path];
}

function withValue(config: Section, [section = "", ...path]: readonly string[], value: unknown): Section {
  return { ...config, [`vapora:${section}`]: withValueAt(config[`vapora:${section}`], path, value) };
}
