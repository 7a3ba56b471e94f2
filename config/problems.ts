/** Turns what the schema found into lines for the person who wrote the stack file. */
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Problem } from "./rules/rules";
import { SECRET_KEYS } from "./secrets";
import type { SecretUse } from "./secrets";
import { valueAt } from "./value-at";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A stack's plain config, and what it takes to speak about it. */
export interface Described {
  readonly config: Readonly<Record<string, unknown>>;
  /** Top-level keys that hold a secret somewhere: their values are never shown. */
  readonly secretKeys: readonly string[];
  /** The schema, to look names and examples up in. */
  readonly schema: z.ZodType;
}

/** One line per issue: the path as written, the value, what is allowed, and the line to type. */
export function describeIssues(issues: readonly Issue[], described: Described): string[] {
  const schema = jsonSchemaOf(described.schema);
  return issues.flatMap((issue) => describe(issue, [], { ...described, schema }));
}

/** The line for a broken rule between values. */
export function describeBroken({ path, message, remedy }: Problem): string {
  return `${pathText(path)}: ${message}. ${remedy === undefined ? removal(path) : typed(path, remedy)}`;
}

/** The line for a secret that is not there. */
export function describeMissingSecret({ key, reason }: SecretUse): string {
  return `vapora:${key}: is missing (${reason}). Type: pulumi config set --secret ${key}`;
}

/** The line for a secret that lies open in the stack file. */
export function describeClearSecret(key: string): string {
  return `vapora:${key}: is in the clear and may have been read. Change it where it comes from, then type: pulumi config set --secret ${key}`;
}

/** The line for a secret nothing reads. */
export function describeUnusedSecret({ key, reason }: SecretUse): string {
  return `vapora:${key}: is set and not used (${reason}). To take it out, type: pulumi config rm ${key}`;
}

/** The line for a secret among plain settings: it would end in plain text in the objects. */
export function describeMisplacedSecret(key: string): string {
  return `vapora:${key}: may not hold a secret, since its values stand in the objects as they are. Set the value without --secret, or take it out`;
}

/** The one message a stack's author sees. */
export function problemText(problems: readonly string[]): string {
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  return `${count} in the stack's config:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`;
}

const jsonSchemas = new WeakMap<z.ZodType, JsonSchema>();

/** The schema as names and examples are looked up in it; made once. */
function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = jsonSchemas.get(schema) ?? z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  jsonSchemas.set(schema, known);
  return known;
}

type Context = Omit<Described, "schema"> & { readonly schema: JsonSchema };

function describe(issue: Issue, base: Path, context: Context): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the shapes a value may have, the one it comes closest to is the one that was meant.
    const [closest = []] = [...issue.errors].sort(
      (a, b) => offness(a) - offness(b) || strangers(a) - strangers(b) || a.length - b.length,
    );
    if (closest.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys")) {
      return closest.flatMap((inner) => describe(inner, path, context));
    }
  }
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => describeUnknown([...path, key], context));
  if (issue.code === "invalid_key") {
    const [inner] = issue.issues;
    return [`${pathText(path)}: this key ${inner?.message ?? "is not allowed"}. ${removal(path)}`];
  }
  const value = valueAt(context.config, path);
  if (value === undefined)
    return [`${pathText(path)}: is missing; it ${allowed(issue)}. ${setting(path, context.schema)}`];
  return [`${pathText(path)}: ${allowed(issue)} (${shown(value, path, context)}). ${setting(path, context.schema)}`];
}

/** A value as a message may show it. */
function shown(value: unknown, path: Path, { secretKeys, schema }: Context): string {
  if (secretKeys.includes(String(path[0]))) return "its value is secret";
  // a credential typed where config says in which place it is kept
  const isSection = schemasAt(schema, path).some(({ type }) => type === "object");
  return isSection && typeof value === "string" ? "it is a text" : `it is ${JSON.stringify(value)}`;
}

/** What may stand there; about sections the schema has no words of its own. */
function allowed({ message }: Issue): string {
  return message.startsWith("Invalid input") ? "must be a section, a mapping of keys to values" : message;
}

/** 1 for a shape whose very type is another one, 0 for one that is wrong inside. */
function offness(issues: readonly Issue[]): number {
  return issues.some(({ path, code }) => path.length === 0 && code !== "unrecognized_keys") ? 1 : 0;
}

/** How many keys of a value a shape does not know. */
function strangers(issues: readonly Issue[]): number {
  return issues.reduce(
    (count, issue) =>
      issue.code === "unrecognized_keys" && issue.path.length === 0 ? count + issue.keys.length : count,
    0,
  );
}

function describeUnknown(path: Path, { schema }: Context): string {
  const names = schemasAt(schema, path.slice(0, -1)).flatMap(({ properties = {} }) => Object.keys(properties));
  const known = [...new Set([...names, ...(path.length === 1 ? SECRET_KEYS : [])])];
  const key = String(path.at(-1));
  const [nearest] = known.sort((a, b) => distance(key, a) - distance(key, b));
  // further off than a third of its letters, a name is no misspelling
  const isLikely =
    nearest !== undefined && distance(key.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, key.length / 3);
  const hint = isLikely ? `did you mean ${nearest}?` : `there are: ${known.sort().join(", ")}.`;
  return `${pathText(path)}: there is no such key; ${hint} ${removal(path)}`;
}

/** The line that sets a value; a section is written in the file. */
function setting(path: Path, schema: JsonSchema): string {
  const example = schemasAt(schema, path).find((shape) => shape.example !== undefined)?.example;
  if (example === undefined || typeof example === "object")
    return "Write it in the stack's file; docs/configuration.md shows how.";
  return typed(path, typeof example === "string" ? example : JSON.stringify(example));
}

function typed(path: Path, value: string): string {
  return `Type: ${settingLine(commandPath(path), value)}`;
}

/**
 * What to type to set a value that is no secret. Where a key's name is like one's, the CLI refuses it without
 * `--plaintext`.
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/config/config.go looksLikeSecret
 */
export function settingLine(path: string, value: string): string {
  const flags = /pass|pwd|secret|token/i.test(path) ? "--plaintext --path" : "--path";
  return `pulumi config set ${flags} '${path}' ${value}`;
}

function removal(path: Path): string {
  return `To take it out, type: pulumi config rm --path '${commandPath(path)}'`;
}

/** Every schema a path may lead to: a value can have several shapes. */
function schemasAt(schema: JsonSchema, path: Path): JsonSchema[] {
  const shapes = [schema, ...(schema.anyOf ?? [])].filter((shape) => typeof shape === "object");
  const [key, ...rest] = path;
  if (key === undefined) return shapes;
  return shapes.flatMap(({ properties = {}, additionalProperties, items }) => {
    const inner = properties[String(key)] ?? (typeof key === "number" ? items : additionalProperties);
    return typeof inner === "object" && !Array.isArray(inner) ? schemasAt(inner, rest) : [];
  });
}

/** `vapora:agents.storage.size`, as in the stack file. */
function pathText(path: Path): string {
  return `vapora:${commandPath(path)}`;
}

/** `agents.storage.size`, `images.pullSecrets[0]`, `backend.nodeSelector["example.com/pool"]`: what `--path` takes. */
function commandPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${String(part)}]`;
    if (!/^[A-Za-z0-9_-]+$/.test(String(part))) return `${text}["${String(part)}"]`;
    return `${text}${text === "" ? "" : "."}${String(part)}`;
  }, "");
}
