/** What a change of the contract does to those who read the outputs with the package they already have. */
import type { JsonSchema } from "./schema";
import { wanted } from "./schema-check";

/** Something consumers rely on that is no longer so. */
export interface Break {
  /** The output, e.g. `backend.service.url`. */
  readonly path: string;
  readonly what: string;
  /** What a consumer sees of it. */
  readonly consequence: string;
}

/** All that breaks consumers of the released contract. Additions break no consumer. */
export function breaks(released: JsonSchema, current: JsonSchema, path = ""): Break[] {
  // the version says that there are breaks; it is not a break itself
  if (path === "contractVersion") return [];
  const own = [...retyped(path, released, current), ...newlySecret(path, released, current)];
  if (own.length > 0) return own;
  const inner = Object.entries(released.properties ?? {}).flatMap(([name, before]) => {
    const inside = path === "" ? name : `${path}.${name}`;
    const wasRequired = released.required?.includes(name) === true;
    const now = current.properties?.[name];
    if (now === undefined) return gone(inside, before, wasRequired, renamedTo(before, released, current));
    const isLoose = wasRequired && current.required?.includes(name) !== true;
    return [...(isLoose ? [loosened(inside)] : []), ...breaks(before, now, inside)];
  });
  return [
    ...inner,
    ...within(released.items, current.items, `${path}[]`),
    ...within(released.additionalProperties, current.additionalProperties, `${path}.*`),
  ];
}

/**
 * Why the current contract must not be released; empty if it may. What breaks consumers needs the next version, and
 * a section `## <version>` of the changelog that names every broken output and what to do.
 */
export function objections(released: JsonSchema, current: JsonSchema, changelog: string): string[] {
  const [before, now] = [versionOf(released), versionOf(current)];
  const found = breaks(released, current);
  const told = found.map(({ path, what, consequence }) => `${path} ${what}. ${consequence}`);
  if (now < before || now > before + 1) {
    return [
      `The contract's version goes from ${String(before)} to ${String(now)}; the next one is ${String(before + 1)}.`,
    ];
  }
  if (now === before) {
    if (told.length === 0) return [];
    return [
      ...told,
      `Take the change back, or set CONTRACT_VERSION in outputs/declaration.ts to ${String(before + 1)} and say under ` +
        `"## ${String(before + 1)}" in outputs/CHANGELOG.md what consumers do about each.`,
    ];
  }
  const section = sectionOf(changelog, now);
  if (section === undefined) return [`outputs/CHANGELOG.md has no section "## ${String(now)}".`, ...told];
  const unsaid = found.filter(({ path }) => !section.includes(`\`${path}\``));
  return unsaid.map(
    ({ path, what, consequence }) =>
      `"## ${String(now)}" in outputs/CHANGELOG.md does not say what consumers do about \`${path}\`, which ${what}. ${consequence}`,
  );
}

/** The schema with the outputs at some paths marked secret, as a run of the program gives them. */
export function withSecrets(schema: JsonSchema, paths: readonly (readonly string[])[]): JsonSchema {
  return paths.reduce(markSecret, schema);
}

function markSecret(schema: JsonSchema, [name, ...rest]: readonly string[]): JsonSchema {
  if (name === undefined) return { ...schema, "x-secret": true };
  const { properties = {}, additionalProperties, items } = schema;
  const inner = properties[name];
  if (inner !== undefined) return { ...schema, properties: { ...properties, [name]: markSecret(inner, rest) } };
  if (additionalProperties !== undefined) {
    return { ...schema, additionalProperties: markSecret(additionalProperties, rest) };
  }
  return items === undefined ? schema : { ...schema, items: markSecret(items, rest) };
}

function within(released: JsonSchema | undefined, current: JsonSchema | undefined, path: string): Break[] {
  return released === undefined || current === undefined ? [] : breaks(released, current, path);
}

function retyped(path: string, released: JsonSchema, current: JsonSchema): Break[] {
  const consequence = failure(`${path} is not ${wanted(released)}`);
  if (kind(released) !== kind(current)) {
    return [{ path, what: `was ${wanted(released)} and is ${wanted(current)}`, consequence }];
  }
  if (released.enum === undefined) return [];
  const values = current.enum?.filter((value) => released.enum?.includes(value) !== true) ?? ["any text"];
  return values.length === 0 ? [] : [{ path, what: `may now be ${values.join(" or ")}`, consequence }];
}

function newlySecret(path: string, released: JsonSchema, current: JsonSchema): Break[] {
  if (current["x-secret"] !== true || released["x-secret"] === true) return [];
  const consequence =
    "Whatever a consumer makes of it turns secret at its next preview: hidden in its plans, encrypted in its state, and an " +
    "update of every resource that uses it.";
  return [{ path, what: "turned secret", consequence }];
}

function gone(path: string, before: JsonSchema, wasRequired: boolean, successor: string | undefined): Break[] {
  const hint = successor === undefined ? "" : ` (renamed to ${successor}?)`;
  const consequence = wasRequired
    ? failure(`${path} is missing; it should be ${wanted(before)}`)
    : "A consumer that uses it gets undefined from now on, without an error.";
  return [{ path, what: `is gone${hint}`, consequence }];
}

function loosened(path: string): Break {
  return { path, what: "may now be missing", consequence: failure(`${path} is missing`) };
}

/** The error is the reader's own. */
function failure(fault: string): string {
  return `Every consumer's next preview and deployment fails with "${fault}", until it installs the new version of the package.`;
}

/** A field that is new beside one that is gone, and of the same shape. */
function renamedTo(before: JsonSchema, released: JsonSchema, current: JsonSchema): string | undefined {
  const added = Object.entries(current.properties ?? {}).filter(([name]) => !(name in (released.properties ?? {})));
  return added.find(([, schema]) => shape(schema) === shape(before))?.[0];
}

function shape(schema: JsonSchema): string {
  return JSON.stringify(schema, (key, value: unknown) => (key === "description" ? undefined : value));
}

/** An object with fields of its own is another kind than values by name. */
function kind({ type, additionalProperties }: JsonSchema): string {
  return additionalProperties === undefined ? String(type) : "values by name";
}

function versionOf({ properties }: JsonSchema): number {
  return Number(properties?.contractVersion?.const);
}

/** The text under `## <version>`, where it says something. */
function sectionOf(changelog: string, version: number): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => /^\d+/.exec(section)?.[0] === String(version));
  const body = found?.split("\n").slice(1).join("\n").trim();
  return body === "" ? undefined : body;
}
