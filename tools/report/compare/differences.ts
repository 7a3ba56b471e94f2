/** Where the inputs of an object differ. Values of secrets are compared and never shown. */
import { isQuantity, parseQuantity } from "../../../config/schema/quantity";
import type { Json, Path } from "../../recording/recording";
import { MASK } from "../../recording/manifests";
import type { Difference, ObjectChange } from "./change";

/** A difference with its path for the rules. */
export interface PathDifference extends Difference {
  readonly at: Path;
}

type Values = Readonly<Record<string, Json>>;

/** Keys by which list items are known, tried in this order. */
const ITEM_NAMES = ["name", "mountPath", "containerPort", "key", "port"];
const AMOUNTS = /\.(requests|limits|hard)[.[]|\.sizeLimit$/;

/**
 * Every value that differs between the two sides, in the order of their paths; `1000m` and `1` are the same. Of a Secret
 * only which keys; what the engine alone sees, because it is masked on both sides, counts as well.
 */
export function differencesOf({ before, after, planned }: ObjectChange): PathDifference[] {
  if (before === undefined || after === undefined) return [];
  const [old, now] = [normalized(before.inputs), normalized(after.inputs)];
  const secrets = [...before.secretInputs, ...after.secretInputs];
  if (now.kind === "Secret") secrets.push(["data"], ["stringData"]);
  const found = walk(old, now, []).map((difference) => withoutSecrets(difference, secrets));
  const unseen = (planned?.paths ?? []).filter(
    (path) => secrets.some((secret) => overlap(path, secret)) && !found.some(({ at }) => overlap(path, at)),
  );
  const hidden = unseen.map((path) => ({ at: path, path: label(path), before: MASK, after: MASK }));
  const protection = (["protect", "retainOnDelete"] as const)
    .filter((option) => before[option] !== after[option])
    .map((option) => ({ at: [option], path: option, before: before[option], after: after[option] }));
  return [...protection, ...found, ...hidden].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** True if a path is the other one or inside it. */
export function startsWith(path: Path, outer: Path): boolean {
  return outer.every((part, index) => path[index] === part);
}

function overlap(one: Path, other: Path): boolean {
  return startsWith(one, other) || startsWith(other, one);
}

/** A Secret's `stringData` is a way to write its `data`. */
function normalized(inputs: Values): Values {
  const { stringData, ...rest } = inputs;
  if (inputs.kind !== "Secret" || !isMapping(stringData)) return inputs;
  const texts = Object.entries(stringData).map(([key, value]): [string, string] => [
    key,
    Buffer.from(text(value)).toString("base64"),
  ]);
  return { ...rest, data: { ...(isMapping(rest.data) ? rest.data : {}), ...Object.fromEntries(texts) } };
}

function walk(before: Json | undefined, after: Json | undefined, at: Path, path = ""): PathDifference[] {
  // a preview says null for what is not there
  const [old, now] = [before ?? undefined, after ?? undefined];
  if (isMapping(old) && isMapping(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
      walk(old[key], now[key], [...at, key], join(path, key)),
    );
  }
  if (Array.isArray(old) && Array.isArray(now)) return walkList(old, now, at, path);
  if (JSON.stringify(old) === JSON.stringify(now) || isSameAmount(path, old, now)) return [];
  return [{ at, path, before: old, after: now }];
}

/** Items with names are compared by name; where only their order differs, the list as a whole does. */
function walkList(old: Json[], now: Json[], at: Path, path: string): PathDifference[] {
  const [oldNames, nowNames] = [itemNames(old), itemNames(now)];
  if (oldNames === undefined || nowNames === undefined) {
    return Array.from({ length: Math.max(old.length, now.length) }, (_, index) =>
      walk(old[index], now[index], [...at, String(index)], `${path}[${String(index)}]`),
    ).flat();
  }
  const names = [...new Set([...oldNames, ...nowNames])];
  const inside = names.flatMap((name) => {
    const [oldIndex, nowIndex] = [oldNames.indexOf(name), nowNames.indexOf(name)];
    const index = String(nowIndex < 0 ? oldIndex : nowIndex);
    return walk(old[oldIndex], now[nowIndex], [...at, index], `${path}[${name}]`);
  });
  const kept = (list: readonly string[], other: readonly string[]): string =>
    list.filter((name) => other.includes(name)).join(", ");
  const [oldOrder, nowOrder] = [kept(oldNames, nowNames), kept(nowNames, oldNames)];
  if (oldOrder === nowOrder) return inside;
  return [{ at, path: `${path} (order)`, before: oldOrder, after: nowOrder }, ...inside];
}

/** A name for every item, each once; nothing for a list without. */
function itemNames(list: readonly Json[]): string[] | undefined {
  const key = ITEM_NAMES.find((name) => list.every((item) => isMapping(item) && item[name] !== undefined));
  if (key === undefined) return undefined;
  const names = list.map((item) => text((item as Values)[key]));
  return new Set(names).size === names.length ? names : undefined;
}

function withoutSecrets(difference: PathDifference, secrets: readonly Path[]): PathDifference {
  const { at, before, after } = difference;
  const inside = secrets.some((secret) => startsWith(at, secret));
  const hide = (value: Json | undefined): Json | undefined =>
    value === undefined ? undefined : inside ? MASK : masked(value, at, secrets);
  return { ...difference, before: hide(before), after: hide(after) };
}

/** The value with every secret that lies inside it masked. */
function masked(value: Json, at: Path, secrets: readonly Path[]): Json {
  if (secrets.some((secret) => secret.length === at.length && startsWith(at, secret))) return MASK;
  if (!secrets.some((secret) => startsWith(secret, at))) return value;
  if (Array.isArray(value)) return value.map((item, index) => masked(item, [...at, String(index)], secrets));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, Json] => [key, masked(item, [...at, key], secrets)]),
  );
}

function isSameAmount(path: string, before: Json | undefined, after: Json | undefined): boolean {
  if (!AMOUNTS.test(path)) return false;
  const [old, now] = [text(before), text(after)];
  return isQuantity(old) && isQuantity(now) && parseQuantity(old) === parseQuantity(now);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function label(path: Path): string {
  return path.reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : join(text, part)), "");
}

/** Keys with dots in them are put in brackets, as in a JSON path. */
function join(path: string, key: string): string {
  if (/[.[\]]/.test(key)) return `${path}["${key}"]`;
  return path === "" ? key : `${path}.${key}`;
}

function isMapping(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
