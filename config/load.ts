/** The only reader of the stack's config. */
import * as pulumi from "@pulumi/pulumi";
import { parseValue } from "./parse-value";
import { PROVIDERS } from "./schema/credentials";
import type { Provider, Source } from "./schema/credentials";
import {
  describeBroken,
  describeClearSecret,
  describeIssues,
  describeMisplacedSecret,
  describeMissingSecret,
  describeUnusedSecret,
  problemText,
} from "./problems";
import { check } from "./rules/rules";
import { API_KEYS, PASSWORDS, SECRET_KEYS, secretUses } from "./secrets";
import type { DataService } from "./secrets";
import { rightSections, SETTING_KEYS, settingsSchema } from "./schema/settings";
import type { PlainSettings } from "./schema/settings";

/** A credential: its value, which stays secret all the way, or where it is kept. */
export type Credential = { readonly value: pulumi.Output<string> } | Source;

/** The stack's secrets. */
export interface SecretSettings {
  /** API keys of the providers that are on; one that is not required and not set is left out. */
  readonly apiKeys: Readonly<Partial<Record<Provider, Credential>>>;
  /** Passwords of the users of external data services. */
  readonly passwords: Readonly<Partial<Record<DataService, pulumi.Output<string>>>>;
}

/** All a stack says. */
export interface Settings extends PlainSettings {
  readonly secrets: SecretSettings;
}

/**
 * Reads the stack's config.
 * @throws pulumi.RunError with every problem at once, if any value is missing, unknown or not allowed.
 */
export function loadSettings(): Settings {
  const config = new pulumi.Config();
  const all = stackConfig(config);
  const settings = parseSettings(all, Object.keys(all).filter(isSecret));
  return { ...settings, secrets: { apiKeys: apiKeys(config, settings), passwords: passwords(config) } };
}

/**
 * Checks a stack's config and gives its plain part. Keys come without the project's prefix; of a secret of the stack
 * only the key is looked at.
 * @param secretKeys keys that hold a secret somewhere; their values are never shown
 * @throws pulumi.RunError with every problem at once.
 */
export function parseSettings(
  config: Readonly<Record<string, unknown>>,
  secretKeys: readonly string[] = [],
): PlainSettings {
  const plain = Object.fromEntries(Object.entries(config).filter(([key]) => !isCredential(key)));
  const parsed = settingsSchema.safeParse(plain);
  const right = parsed.success ? parsed.data : rightSections(plain);
  const problems = [
    ...describeIssues(parsed.error?.issues ?? [], { config: plain, secretKeys, schema: settingsSchema }),
    ...check(right).map(describeBroken),
    ...secretProblems(right, Object.keys(config), secretKeys),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new pulumi.RunError(problemText(problems));
}

/** Secrets that are missing, in the clear, of no use, or where no secret belongs, as far as the settings are right. */
function secretProblems(
  settings: Partial<PlainSettings>,
  keys: readonly string[],
  secretKeys: readonly string[],
): string[] {
  const uses = secretUses(settings);
  return [
    ...uses.filter(({ key, use }) => use === "required" && !keys.includes(key)).map(describeMissingSecret),
    ...SECRET_KEYS.filter((key) => keys.includes(key) && !secretKeys.includes(key)).map(describeClearSecret),
    ...uses.filter(({ key, use }) => use === "unused" && keys.includes(key)).map(describeUnusedSecret),
    ...SETTING_KEYS.filter((key) => secretKeys.includes(key)).map(describeMisplacedSecret),
  ];
}

function isCredential(key: string): boolean {
  return (SECRET_KEYS as readonly string[]).includes(key);
}

/** True if any part of a key's value was set with `--secret`. The SDK has the answer and leaves it out of its types. */
function isSecret(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(`${pulumi.getProject()}:${key}`);
}

/**
 * Every key of this project that the stack sets, known or not: the schema names the unknown ones. Of the stack's own
 * secrets the value is left out, and an empty one counts as not set.
 */
function stackConfig(config: pulumi.Config): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .filter((key) => !isCredential(key) || secret(config, key) !== undefined);
  const inOrder = [
    ...SETTING_KEYS.filter((key) => keys.includes(key)),
    ...keys.filter((key) => !SETTING_KEYS.includes(key)),
  ];
  return Object.fromEntries(
    inOrder.map((key) => [key, isCredential(key) ? undefined : parseValue(config.get(key) ?? "")]),
  );
}

/** A secret that is set; an empty one counts as not set. */
function secret(config: pulumi.Config, key: string): pulumi.Output<string> | undefined {
  const isEmpty = pulumi.runtime.allConfig()[`${pulumi.getProject()}:${key}`] === "";
  return isEmpty ? undefined : config.getSecret(key);
}

function apiKeys(config: pulumi.Config, { providers }: PlainSettings): SecretSettings["apiKeys"] {
  const credentials = PROVIDERS.flatMap((name): [Provider, Credential][] => {
    const provider = providers === "none" ? undefined : providers[name];
    if (provider?.enabled !== true) return [];
    const value = secret(config, API_KEYS[name]);
    const credential = provider.apiKey ?? (value && { value });
    return credential === undefined ? [] : [[name, credential]];
  });
  return Object.fromEntries(credentials);
}

function passwords(config: pulumi.Config): SecretSettings["passwords"] {
  const set = Object.entries(PASSWORDS).flatMap(([name, key]) => {
    const value = secret(config, key);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}
