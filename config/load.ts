/** The only reader of the stack's config. */
import * as pulumi from "@pulumi/pulumi";
import { parseValue } from "./parse-value";
import { PROVIDERS } from "./credentials";
import type { Provider, Source } from "./credentials";
import {
  describeBroken,
  describeClearSecret,
  describeIssues,
  describeMisplacedSecret,
  describeMissingSecret,
  describeUnusedSecret,
  problemText,
} from "./problems";
import { check } from "./rules";
import { API_KEYS, PASSWORDS, SECRET_KEYS, secretUses } from "./secrets";
import type { DataService } from "./secrets";
import { rightSections, SETTING_KEYS, settingsSchema } from "./settings";
import type { PlainSettings } from "./settings";

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
  const plain = plainConfig(config);
  const settings = parseSettings(plain, Object.keys(plain).filter(isSecret));
  const problems = secretProblems(config, plain, settings);
  if (problems.length > 0) throw new pulumi.RunError(problemText(problems));

  return { ...settings, secrets: { apiKeys: apiKeys(config, settings), passwords: passwords(config) } };
}

/**
 * Checks the plain part of a stack's config, by key without the project's prefix.
 * @param secretKeys keys that hold a secret somewhere; their values are never shown
 * @throws pulumi.RunError with every problem at once.
 */
export function parseSettings(
  config: Readonly<Record<string, unknown>>,
  secretKeys: readonly string[] = [],
): PlainSettings {
  const parsed = settingsSchema.safeParse(config);
  const broken = check(rightSections(config));
  if (parsed.success && broken.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  throw new pulumi.RunError(
    problemText([
      ...describeIssues(issues, { config, secretKeys, schema: settingsSchema }),
      ...broken.map(describeBroken),
    ]),
  );
}

/** Secrets that are missing, in the clear, of no use, or where no secret belongs. */
function secretProblems(
  config: pulumi.Config,
  plain: Readonly<Record<string, unknown>>,
  settings: PlainSettings,
): string[] {
  const uses = secretUses(settings);
  const isSet = (key: string): boolean => secret(config, key) !== undefined;
  return [
    ...uses.filter(({ key, use }) => use === "required" && !isSet(key)).map(describeMissingSecret),
    ...SECRET_KEYS.filter((key) => isSet(key) && !isSecret(key)).map(describeClearSecret),
    ...uses.filter(({ key, use }) => use === "unused" && isSet(key)).map(describeUnusedSecret),
    ...Object.keys(plain).filter(isSecret).map(describeMisplacedSecret),
  ];
}

/** True if any part of a key's value was set with `--secret`. The SDK has the answer and leaves it out of its types. */
function isSecret(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(`${pulumi.getProject()}:${key}`);
}

/** Every plain key of this project that the stack sets, known or not: the schema names the unknown ones. */
function plainConfig(config: pulumi.Config): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .filter((key) => !(SECRET_KEYS as readonly string[]).includes(key));
  const inOrder = [
    ...SETTING_KEYS.filter((key) => keys.includes(key)),
    ...keys.filter((key) => !SETTING_KEYS.includes(key)),
  ];
  return Object.fromEntries(inOrder.map((key) => [key, parseValue(config.get(key) ?? "")]));
}

/** A secret that is set; an empty one is none. */
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
