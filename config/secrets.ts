/** Which secrets a stack may hold, and which it must. Values are set with `pulumi config set --secret`. */
import { PROVIDERS } from "./platform";
import type { Provider } from "./platform";
import type { PlainSettings } from "./settings";

/** Config key of each model provider's API key. */
export const API_KEYS: Readonly<Record<Provider, string>> = {
  claude: "claudeApiKey",
  openai: "openaiApiKey",
  gemini: "geminiApiKey",
};

/** Config key of the password for each external data service. */
export const PASSWORDS = {
  nats: "natsPassword",
  redis: "redisPassword",
  surrealdb: "surrealdbPassword",
} as const;

/** Every secret key a stack may hold. */
export const SECRET_KEYS: readonly string[] = [...Object.values(API_KEYS), ...Object.values(PASSWORDS)];

/** A secret key a stack must hold, and why. */
export interface RequiredSecret {
  readonly key: string;
  readonly reason: string;
}

/** The secrets without which these settings cannot be deployed. */
export function requiredSecrets(settings: PlainSettings): RequiredSecret[] {
  const apiKeys = PROVIDERS.filter(() => settings.apiKeys === "required").map((provider) => ({
    key: API_KEYS[provider],
    reason: "apiKeys is 'required'",
  }));
  const passwords = (["nats", "redis", "surrealdb"] as const).flatMap((name) => {
    const service = settings[name];
    if (!("external" in service) || service.external.username === undefined) return [];
    return [{ key: PASSWORDS[name], reason: `${name}.external.username is set` }];
  });
  return [...apiKeys, ...passwords];
}
