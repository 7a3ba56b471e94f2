/** Secrets that are missing, in the clear, of no use, or where no secret belongs. */
import type { Fault } from "./stack-faults";
import type { Stack } from "./stack-generator";
import type { Section, Value } from "./stack-values";

const OWNERS = {
  claudeApiKey: "providers",
  openaiApiKey: "providers",
  geminiApiKey: "providers",
  natsPassword: "nats",
  redisPassword: "redis",
  surrealdbPassword: "surrealdb",
};

/** Every fault of this kind that fits a valid stack. */
export function secretFaults({ config, secrets }: Stack): Fault[] {
  const keys = Object.entries(OWNERS).map(([key, owner]) => ({ key, owner, use: useOf(config, key) }));
  const fault = (kind: string, key: string, owner: string, plant: Fault["plant"]): Fault => ({
    kind,
    path: [key],
    areas: [[key], [owner]],
    plant,
  });
  return [
    ...keys
      .filter(({ use }) => use === "required")
      .map(({ key, owner }) =>
        fault("missing secret", key, owner, (stack) => {
          Reflect.deleteProperty(stack.config, key);
          stack.secrets.splice(stack.secrets.indexOf(key), 1);
        }),
      ),
    ...keys
      .filter(({ key }) => secrets.includes(key))
      .map(({ key }) =>
        fault("secret in the clear", key, key, (stack) => {
          stack.secrets.splice(stack.secrets.indexOf(key), 1);
        }),
      ),
    ...keys
      .filter(({ use }) => use === "unused")
      .map(({ key, owner }) => fault("unused secret", key, owner, setSecret(key, "made-up"))),
    ...["claudeApiKye", "slackToken", "databasePassword"].map((key) =>
      fault("unknown secret", key, key, setSecret(key, "made-up")),
    ),
    ...Object.entries(config)
      .filter(([key]) => !(key in OWNERS))
      .map(([key, value]) => fault("misplaced secret", key, key, setSecret(key, value))),
  ];
}

function setSecret(key: string, value: Value): Fault["plant"] {
  return (stack) => {
    stack.config[key] = value;
    stack.secrets.push(key);
  };
}

/** What a valid stack makes of a secret. */
function useOf(config: Section, key: string): "required" | "unused" | "other" {
  const [, name = "", isPassword] = /^(.*?)(?:ApiKey|(Password))$/.exec(key) ?? [];
  if (isPassword !== undefined) {
    const external = (config[name] as Section).external as Section | undefined;
    return external?.username === undefined ? "unused" : "required";
  }
  const provider =
    config.providers === "none" ? undefined : ((config.providers as Section)[name] as Section | undefined);
  if (provider === undefined || provider.enabled === false) return "other";
  if (provider.apiKey !== undefined) return "unused";
  return provider.required === false ? "other" : "required";
}
