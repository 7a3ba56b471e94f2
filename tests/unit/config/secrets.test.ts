import { requiredSecrets, secretUses } from "../../../config/secrets";
import { settingsSchema } from "../../../config/schema/settings";
import { fixtureStack } from "../../support/stacks";

function settingsOf(stack: string, change: Record<string, unknown> = {}) {
  const entries = Object.entries({ ...fixtureStack(stack).config, ...change });
  return settingsSchema.parse(Object.fromEntries(entries.map(([key, value]) => [key.replace("vapora:", ""), value])));
}

const external = { host: "db.example.com", ranges: ["10.0.0.0/8"] };

test.each([
  ["dev asks for no API key", settingsOf("dev"), []],
  ["prod asks for all three", settingsOf("prod"), ["claudeApiKey", "openaiApiKey", "geminiApiKey"]],
  [
    "an external database asks for its password",
    settingsOf("dev", { "vapora:surrealdb": { external: { ...external, username: "vapora" } } }),
    ["surrealdbPassword"],
  ],
  ["an external Redis without a user asks for none", settingsOf("dev", { "vapora:redis": { external } }), []],
  [
    "an external NATS with a user asks for its password",
    settingsOf("dev", { "vapora:nats": { external: { ...external, username: "vapora" } } }),
    ["natsPassword"],
  ],
])("%s", (_name, settings, keys) => {
  expect(requiredSecrets(settings).map(({ key }) => key)).toEqual(keys);
});

test.each([
  ["of a provider that is off waits", { claude: { enabled: false }, openai: {} }, "idle"],
  ["of a provider that is not named waits", { openai: {} }, "idle"],
  ["waits where there is no provider", "none", "idle"],
  ["is used where it may be missing", { claude: { required: false } }, "optional"],
  ["must be there otherwise", { claude: {} }, "required"],
  [
    "is of no use where it is kept elsewhere",
    { claude: { apiKey: { existingSecret: { name: "a", key: "b" } } } },
    "unused",
  ],
])("an API key %s", (_title, providers, use) => {
  const uses = secretUses(settingsOf("dev", { "vapora:providers": providers }));
  expect(uses.find(({ key }) => key === "claudeApiKey")?.use).toBe(use);
});
