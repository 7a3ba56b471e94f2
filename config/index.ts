export { loadSettings, parseSettings } from "./load";
export type { Settings, SecretSettings } from "./load";
export { requiredSecrets } from "./secrets";
export { settingsSchema } from "./settings";
export type { PlainSettings } from "./settings";
export type { Provider } from "./platform";
export { parseValue } from "./parse-value";
