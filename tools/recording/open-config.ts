/** A stack's config as a run without its secrets sees it. */
import { createHash } from "node:crypto";
// not from its index, whose reader of config brings Pulumi's SDK along: half a second for every command
import { parseValue } from "../../config/parse-value";
import { requiredSecrets } from "../../config/secrets";
import { rightSections, settingsSchema } from "../../config/schema/settings";
import type { PlainSettings } from "../../config/schema/settings";

type Config = Readonly<Record<string, unknown>>;

/** Config in which every secret has been replaced. */
export interface OpenConfig {
  /** By full key, e.g. `vapora:backend`. */
  readonly config: Config;
  /** Keys whose values hold a secret. */
  readonly secretKeys: readonly string[];
}

/**
 * Replaces secrets by made-up values, so that nothing needs a key: a sealed one by a digest of its ciphertext, which
 * shows a rotation; one that must be there and is not by a fixed text.
 */
export function withoutSecrets(project: string, config: Config): OpenConfig {
  const opened = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, open(value)]));
  const sealed = Object.keys(config).filter((key) => holdsSealed(config[key]));
  const missing = missingSecrets(project, opened);
  const placeholders = missing.map((key) => [`${project}:${key}`, `placeholder-${key}`] as const);
  return {
    config: { ...opened, ...Object.fromEntries(placeholders) },
    secretKeys: [...sealed, ...placeholders.map(([key]) => key)],
  };
}

/** Full keys of the secrets that a stack needs and does not have. */
export function missingSecretKeys({
  project,
  config,
}: {
  readonly project: string;
  readonly config: Config;
}): string[] {
  return withoutSecrets(project, config).secretKeys.filter((key) => !(key in config));
}

/** One line for every secret the stack needs and does not have: an error under the engine, and none without it. */
export function missingSecretNotes(file: { readonly project: string; readonly config: Config }): string[] {
  return missingSecretKeys(file).map((key) => `note: ${key} is not set yet, and pulumi up stops without it`);
}

/** The plain settings of a stack with their defaults, as far as they are right. */
export function plainSettings({
  project,
  config,
}: {
  readonly project: string;
  readonly config: Config;
}): Partial<PlainSettings> {
  const known = Object.keys(settingsSchema.shape).map((key) => {
    const value = config[`${project}:${key}`];
    return [key, typeof value === "string" ? parseValue(value) : value];
  });
  const plain = Object.fromEntries(known) as Readonly<Record<string, unknown>>;
  const settings = settingsSchema.safeParse(plain);
  return settings.success ? settings.data : rightSections(plain);
}

/** Secrets the settings ask for and the config lacks. What is wrong in them asks for none: the program says so itself. */
function missingSecrets(project: string, config: Config): string[] {
  return requiredSecrets(plainSettings({ project, config }))
    .map(({ key }) => key)
    .filter((key) => !(`${project}:${key}` in config));
}

function open(value: unknown): unknown {
  if (isSealed(value)) {
    return `placeholder-${createHash("sha256").update(String(value.secure)).digest("hex").slice(0, 16)}`;
  }
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item)]));
}

function holdsSealed(value: unknown): boolean {
  return isSealed(value) || (typeof value === "object" && value !== null && Object.values(value).some(holdsSealed));
}

/** `pulumi config set --secret` writes `{ secure: <ciphertext> }`. */
function isSealed(value: unknown): value is { readonly secure: unknown } {
  return typeof value === "object" && value !== null && "secure" in value && Object.keys(value).length === 1;
}
