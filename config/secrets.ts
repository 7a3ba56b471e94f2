/** Which secrets a stack may hold, and which it must. Values are set with `pulumi config set --secret`. */
import { PROVIDERS } from "./schema/credentials";
import type { Provider } from "./schema/credentials";
import type { PlainSettings } from "./schema/settings";

/** Config key of each model provider's API key. */
export const API_KEYS = {
  claude: "claudeApiKey",
  openai: "openaiApiKey",
  gemini: "geminiApiKey",
} as const satisfies Record<Provider, string>;

/** Config key of the password for each external data service. */
export const PASSWORDS = {
  nats: "natsPassword",
  redis: "redisPassword",
  surrealdb: "surrealdbPassword",
} as const;

/** A data service. */
export type DataService = keyof typeof PASSWORDS;

/** Key of a secret a stack may hold. */
export type SecretKey = (typeof API_KEYS)[Provider] | (typeof PASSWORDS)[DataService];

/** Every secret key a stack may hold. */
export const SECRET_KEYS: readonly SecretKey[] = [...Object.values(API_KEYS), ...Object.values(PASSWORDS)];

/** What a stack's settings make of a secret key. */
export interface SecretUse {
  readonly key: SecretKey;
  /**
   * - required: it must be set
   * - optional: it is used once it is set
   * - idle: it may be set, and waits for its provider to be switched on
   * - unused: it must not be set, since nothing ever reads it
   */
  readonly use: "required" | "optional" | "idle" | "unused";
  /** Why, for the person who sets it. */
  readonly reason: string;
}

/** What these settings make of every secret key; a section that is not there says nothing about its own. */
export function secretUses({ providers, ...settings }: Partial<PlainSettings>): SecretUse[] {
  return [
    ...(providers === undefined ? [] : PROVIDERS.map((name) => apiKeyUse(providers, name))),
    ...(["nats", "redis", "surrealdb"] as const).flatMap((name) => {
      const service = settings[name];
      return service === undefined ? [] : [passwordUse(service, name)];
    }),
  ];
}

/** The secrets without which these settings cannot be deployed. */
export function requiredSecrets(settings: Partial<PlainSettings>): SecretUse[] {
  return secretUses(settings).filter(({ use }) => use === "required");
}

function apiKeyUse(providers: PlainSettings["providers"], name: Provider): SecretUse {
  const key = API_KEYS[name];
  const provider = providers === "none" ? undefined : providers[name];
  if (provider?.enabled !== true) return { key, use: "idle", reason: `the provider ${name} is off` };
  if (provider.apiKey !== undefined)
    return { key, use: "unused", reason: `providers.${name}.apiKey says it is kept elsewhere` };
  return provider.required
    ? { key, use: "required", reason: `the provider ${name} is on` }
    : { key, use: "optional", reason: `providers.${name}.required is false` };
}

function passwordUse(service: PlainSettings[DataService], name: DataService): SecretUse {
  const key = PASSWORDS[name];
  return "external" in service && service.external.username !== undefined
    ? { key, use: "required", reason: `${name}.external.username is set` }
    : { key, use: "unused", reason: `an external ${name} uses it once ${name}.external.username is set` };
}
