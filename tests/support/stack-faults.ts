/**
 * Faults to plant in a valid stack, written by hand: what a person gets wrong in one place. Faults between places are in
 * stack-rule-faults.ts.
 */
import type { Section, Stack, Value } from "./stack-generator";
import { ruleFaults } from "./stack-rule-faults";
import { secretFaults } from "./stack-secret-faults";

/** Something that can be wrong with a stack. */
export interface Fault {
  /** What is wrong: a rule, a type, an unknown key, ... */
  readonly kind: string;
  /** Where the message must say so. */
  readonly path: Path;
  /** What the fault needs for itself: another one above, below or at these places would hide it or be hidden. */
  readonly areas: readonly Path[];
  /** Spoils the stack, which is a copy. */
  readonly plant: (stack: { config: Section; secrets: string[] }) => void;
}

/** Keys from the top down; numbers are places in a list. */
export type Path = readonly (string | number)[];

/** Mappings whose keys the stack's author chooses. */
const MAPPINGS = ["env", "nodeSelector", "scratch", "settings"];
const DATA_SERVICES = ["nats", "redis", "surrealdb"];
const SECTIONS = [
  ...["cluster", "namespace", "dataProtection", "providers", ...DATA_SERVICES],
  ...["backend", "frontend", "agents", "llmRouter", "mcpGateway"],
];
/** Keys inside a section that must be there wherever what holds them is. */
const REQUIRED = [
  ...["identifier", "name", "image", "replicas", "resources", "requests", "limits", "cpu", "memory", "storage", "size"],
  ...["environment", "delay", "gracePeriod", "host", "ranges", "key", "store", "remoteKey"],
];

const AMOUNTS = ["", "0", "-1", "lots", "1e3", "2 Gi", "2GB", true];
const TEXTS = ["", 5, true];

/** By type: where values of it stand (see `placeText`), and what is none. */
const TYPES: Readonly<Record<string, readonly [where: RegExp, values: readonly Value[]]>> = {
  text: [/\.(identifier|context|kubeconfig|environment|log|routingMode|username|version)$/, TEXTS],
  storeText: [/\.(remoteKey|property)$/, TEXTS],
  boolean: [/\.(create|dataProtection|tls|enabled|required)$/, ["yes", 1, ""]],
  image: [
    /\.image$/,
    ["a/b", "a/b:latest", "Upper/case:1", "a b:1", "x@sha256:12", "https://r.example.com/a:1", "", "a:1:2"],
  ],
  registry: [/\.registry$/, ["https://r.example.com", "r/", "", "R.example.com"]],
  count: [/\.replicas$/, [-1, 1.5, 1001, "three", true]],
  rotations: [/\.(rotations\.user|rotations\.root)$/, [-1, 0.5, 1_000_001, "1"]],
  cpu: [/\.cpu$/, [...AMOUNTS, "2Gi", "500u", "0.1m", -1]],
  bytes: [/\.(memory|ephemeralStorage|size|scratch\.\*)$/, [...AMOUNTS, "1Ki", "500m", "16Ei", 1]],
  dnsLabel: [/\.namespace\.name$/, ["Vapora", "a.b", "-a", "x".repeat(64), ""]],
  dnsName: [/\.(host|storageClass|existingSecret\.name|store)$/, ["Fast_SSD", "a..b", "a_b", "", ".a"]],
  port: [/\.port$/, [0, 65_536, 1.5, "http"]],
  ranges: [/\.ranges$/, [[], "10.0.0.0/8"]],
  secretKey: [/\.existingSecret\.key$/, ["", "..", "a/b", "a b", "x".repeat(254)]],
  duration: [/\.(delay|gracePeriod|refreshInterval)$/, ["", "0s", "25h", "30", 30, "1d", "1m1h", "-1s"]],
  accessMode: [/\.accessMode$/, ["ReadWriteSometimes", "readwriteonce", ""]],
  storeKind: [/\.storeKind$/, ["Store", ""]],
  labelValue: [/\.nodeSelector\.\*$/, ["a b", "-a", "a".repeat(64)]],
  noProvider: [/^\.providers$/, ["nobody", ""]],
  list: [/\.pullSecrets$/, ["login", ["a", "a"]]],
};

/** By mapping: keys that cannot be one, and a value that could stand there. */
const MAPPING_KEYS: Readonly<Record<string, readonly [keys: readonly string[], value: Value]>> = {
  env: [["NOT-A-NAME", "1X", "A B"], "x"],
  nodeSelector: [["a b", "a/b/c", "-a", "A.b/-c"], "x"],
  scratch: [["tmp", "/tmp/", "/a/../b", "/a b"], "1Gi"],
  settings: [["server", "metrics"], { limit: 1 }],
};

/** Everything that could be planted in a stack, by kind. */
export function faultsFor(stack: Stack): ReadonlyMap<string, readonly Fault[]> {
  const faults = [
    ...places(stack.config).flatMap(([path, value]) => [
      ...wrongValues(path, value),
      ...unknownKeys(path, value),
      ...badKeys(path, value),
      ...missing(stack.config, path),
    ]),
    ...listItems(stack.config),
    ...ruleFaults(stack.config),
    ...secretFaults(stack),
  ];
  const byKind = new Map<string, Fault[]>();
  for (const fault of faults) {
    const some = byKind.get(fault.kind) ?? [];
    some.push(fault);
    byKind.set(fault.kind, some);
  }
  return byKind;
}

/** True for faults that do not hide each other. */
export function areApart(one: Fault, other: Fault): boolean {
  return one.areas.every((a) => other.areas.every((b) => !startsWith(a, b) && !startsWith(b, a)));
}

/** The stack with faults planted. */
export function planted(stack: Stack, faults: readonly Fault[]): Stack {
  const copy = { config: structuredClone(stack.config), secrets: [...stack.secrets] };
  for (const { plant } of faults) plant(copy);
  return copy;
}

/** Sets a value that is wrong; what lies above it is there. */
export function wrong(kind: string, path: Path, value: Value, areas: readonly Path[] = [path]): Fault {
  return {
    kind,
    path,
    areas,
    plant: ({ config }) => {
      parentOf(config, path)[path.at(-1) ?? ""] = structuredClone(value);
    },
  };
}

/** Every place with a value, the stack itself included, but for secrets and what is inside of lists. */
function places(value: Value, path: Path = []): [Path, Value][] {
  const inner = isSection(value) ? Object.entries(value).filter(([key]) => !/(ApiKey|Password)$/.test(key)) : [];
  return [[path, value], ...inner.flatMap(([key, item]) => places(item, [...path, key]))];
}

function wrongValues(path: Path, value: Value): Fault[] {
  if (path.length === 0) return [];
  const text = placeText(path);
  const inToml = path[1] === "settings" && path.length > 2;
  const types = inToml
    ? [wrong("null in TOML", path, null)]
    : [
        wrong("null", path, null),
        wrong("wrong type", path, isSection(value) || text === ".providers" ? "wrong" : { wrong: "type" }),
        wrong("wrong type", path, isSection(value) ? ["wrong"] : Array.isArray(value) ? 1 : [{ wrong: "type" }]),
      ];
  const refined = inToml ? [] : Object.entries(TYPES).filter(([, [where]]) => where.test(text));
  return [...types, ...refined.flatMap(([kind, [, values]]) => values.map((bad) => wrong(`no ${kind}`, path, bad)))];
}

function unknownKeys(path: Path, value: Value): Fault[] {
  if (!isSection(value) || path.some((key) => MAPPINGS.includes(String(key)))) return [];
  const typos = Object.keys(value).flatMap((key) => [
    `${key.slice(0, -2)}${key.slice(-1)}${key.slice(-2, -1)}`,
    `${key.slice(0, 1)}${key}`,
    key.charAt(0).toUpperCase() + key.slice(1),
  ]);
  const unknown = ["extra", ...typos].filter((key) => !(key in value));
  return unknown.map((key) => wrong(`unknown key at depth ${String(path.length)}`, [...path, key], 1));
}

function badKeys(path: Path, value: Value): Fault[] {
  const [keys = [], good = null] = MAPPING_KEYS[path.at(-1) ?? ""] ?? [];
  if (path.length !== 2 || !isSection(value)) return [];
  return keys.map((key) => wrong(`no key of ${String(path.at(-1))}`, [...path, key], good));
}

function missing(config: Section, path: Path): Fault[] {
  const key = path.at(-1) ?? "";
  const isOptional =
    !(path.length === 1 ? SECTIONS : REQUIRED).includes(String(key)) ||
    path.some((part) => MAPPINGS.includes(String(part)));
  const isData = DATA_SERVICES.includes(String(path[0])) && path.length === 2;
  if (path.length === 0 || isOptional || (isData && "external" in parentOf(config, path))) return [];
  return [
    {
      kind: `missing key at depth ${String(path.length)}`,
      path,
      // a bundled data service of which too much is gone could as well be an external one
      areas: [isData ? path.slice(0, 1) : path],
      plant: (copy) => Reflect.deleteProperty(parentOf(copy.config, path), key),
    },
  ];
}

function listItems(config: Section): Fault[] {
  const lists = places(config).filter(([path]) => /\.(ranges|pullSecrets)$/.test(placeText(path)));
  return lists.flatMap(([path, value]) => {
    const bad = path.at(-1) === "ranges" ? ["10.0.0.0", "10.0.0.0/33", "10.0.0.256/8", "fe80::/10", 8] : ["A_B", "", 1];
    const items = Array.isArray(value) ? value : [];
    return bad.map((item): Fault => {
      const fault = wrong(`no item of ${String(path.at(-1))}`, path, [...items, item]);
      return { ...fault, path: [...path, items.length] };
    });
  });
}

/** A path as text; keys that the author chose are stars, and what lies below them is nowhere. */
function placeText(path: Path): string {
  const mapping = path.findIndex((key) => MAPPINGS.includes(String(key)));
  if (mapping < 0 || mapping === path.length - 1) return `.${path.join(".")}`;
  return mapping === path.length - 2 ? `.${String(path[mapping])}.*` : "";
}

function isSection(value: Value): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parentOf(config: Section, path: Path): Section {
  return path.slice(0, -1).reduce<Section>((section, key) => section[key] as Section, config);
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((key, index) => path[index] === key);
}
