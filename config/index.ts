export { loadSettings, parseSettings } from "./load";
export type { Credential, Settings, SecretSettings } from "./load";
export { requiredSecrets } from "./secrets";
export { rightSections, settingsSchema } from "./schema/settings";
export type { PlainSettings } from "./schema/settings";
export type { Provider, Source } from "./schema/credentials";
export { parseValue } from "./parse-value";
