/**
 * Faults to plant in a valid stack, written by hand: what a person gets wrong in one place. Faults between places are in
 * stack-rule-faults.ts.
 */
import { DATA_SERVICES } from "../../config/schema/data-services";
import { SERVICES } from "../../config/schema/services";
import type { Stack } from "./stack-generator";
import type { Section, Value } from "./stack-values";
import { ruleFaults } from "./stack-rule-faults";
import { secretFaults } from "./stack-secret-faults";
import { MAPPINGS, WRONG_ITEMS, WRONG_KEYS, WRONG_VALUES } from "./stack-wrong-values";

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

const SECTIONS = [...["cluster", "namespace", "dataProtection", "providers", ...DATA_SERVICES], ...SERVICES];
/** Keys inside a section that must be there wherever what holds them is. */
const REQUIRED = [
  ...["identifier", "name", "image", "resources", "requests", "limits", "cpu", "memory", "storage", "size"],
  ...["environment", "host", "ranges", "key", "store", "remoteKey", "minReplicas", "maxReplicas"],
  ...["tlsSecret", "listener", "configMap"],
];
/** Keys that must be there in some places and may be left out in others. */
const REQUIRED_AT = /^\.network\.(proxy\.port|monitoring\.namespace)$|\.gateway\.namespace$/;
const OPTIONAL_AT = /\.exposure\.(ingress|gateway)\.ranges$|\.tolerations\.\d+\.key$|^\.network\.dns\./;

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

/** Every place with a value, the stack itself included, but for secrets and, of lists, what is no section. */
function places(value: Value, path: Path = []): [Path, Value][] {
  const inner: readonly (readonly [string | number, Value])[] = isSection(value)
    ? Object.entries(value).filter(([key]) => !/(ApiKey|Password)$/.test(key))
    : Array.isArray(value) && path.at(-1) === "tolerations"
      ? [...value.entries()]
      : [];
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
  const refined = inToml ? [] : Object.entries(WRONG_VALUES).filter(([, [where]]) => where.test(text));
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
  const [keys = [], good = null] = WRONG_KEYS[path.at(-1) ?? ""] ?? [];
  if (!isSection(value) || path.slice(0, -1).some((key) => MAPPINGS.includes(String(key)))) return [];
  return keys.map((key) => wrong(`no key of ${String(path.at(-1))}`, [...path, key], good));
}

function missing(config: Section, path: Path): Fault[] {
  const key = path.at(-1) ?? "";
  const text = placeText(path);
  const isRequired =
    !OPTIONAL_AT.test(text) &&
    !path.some((part) => MAPPINGS.includes(String(part))) &&
    (REQUIRED_AT.test(text) || (path.length === 1 ? SECTIONS : REQUIRED).includes(String(key)));
  const isData = DATA_SERVICES.some((name) => name === path[0]) && path.length === 2;
  if (path.length === 0 || !isRequired || (isData && "external" in parentOf(config, path))) return [];
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
  return places(config).flatMap(([path, value]) => {
    const kind = String(path.at(-1));
    if (!Array.isArray(value) || path.some((key) => MAPPINGS.includes(String(key)))) return [];
    return (WRONG_ITEMS[kind] ?? []).map((item): Fault => {
      const fault = wrong(`no item of ${kind}`, path, [...value, item]);
      return { ...fault, path: [...path, value.length] };
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
