/** The only reader of the stack's config. */
import * as pulumi from "@pulumi/pulumi";
import { parseValue } from "./parse-value";
import { PROVIDERS } from "./platform";
import type { Provider } from "./platform";
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
import { API_KEYS, PASSWORDS, requiredSecrets, SECRET_KEYS } from "./secrets";
import { rightSections, SETTING_KEYS, settingsSchema } from "./settings";
import type { PlainSettings } from "./settings";

/** The stack's secrets. Only what is set is there; values stay secret all the way. */
export interface SecretSettings {
  readonly apiKeys: Readonly<Partial<Record<Provider, pulumi.Output<string>>>>;
  readonly passwords: Readonly<Partial<Record<keyof typeof PASSWORDS, pulumi.Output<string>>>>;
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

  const passwordNames = Object.keys(PASSWORDS) as (keyof typeof PASSWORDS)[];
  return {
    ...settings,
    secrets: {
      apiKeys: readSecrets(config, PROVIDERS, API_KEYS),
      passwords: readSecrets(config, passwordNames, PASSWORDS),
    },
  };
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
  const required = requiredSecrets(settings);
  const set = SECRET_KEYS.filter((key) => config.getSecret(key) !== undefined);
  const passwords = set.filter((key) => (Object.values(PASSWORDS) as string[]).includes(key));
  return [
    ...required.filter(({ key }) => !set.includes(key)).map(describeMissingSecret),
    ...set.filter((key) => !isSecret(key)).map(describeClearSecret),
    ...passwords.filter((key) => !required.some((secret) => secret.key === key)).map(describeUnusedSecret),
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
    .filter((key) => !SECRET_KEYS.includes(key));
  const inOrder = [
    ...SETTING_KEYS.filter((key) => keys.includes(key)),
    ...keys.filter((key) => !SETTING_KEYS.includes(key)),
  ];
  return Object.fromEntries(inOrder.map((key) => [key, parseValue(config.get(key) ?? "")]));
}

function readSecrets<K extends string>(config: pulumi.Config, names: readonly K[], keys: Readonly<Record<K, string>>) {
  const found: Partial<Record<K, pulumi.Output<string>>> = {};
  for (const name of names) {
    const value = config.getSecret(keys[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
