export { loadSettings, parseSettings } from "./load";
export type { Credential, Settings, SecretSettings } from "./load";
export { requiredSecrets } from "./secrets";
export { rightSections, settingsSchema } from "./settings";
export type { PlainSettings } from "./settings";
export type { Provider, Source } from "./credentials";
export { parseValue } from "./parse-value";
