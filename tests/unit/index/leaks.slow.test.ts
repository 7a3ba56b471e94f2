/** No error that a wrong config ends with shows a secret. */
import { record } from "../../../tools/recording/record";
import { CANARIES, CANARY_CONFIG, canariesIn } from "../../support/canaries";
import { RECORDING_TIMEOUT } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = fixtureStack("dev").config;

describe("an error does not show a secret", () => {
  const [key = "", value = ""] = Object.entries(CANARIES)[0] ?? [];
  const external = CANARY_CONFIG["vapora:redis"] as { external: object };
  const section = (name: string): object => dev[`vapora:${name}`] as object;

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["that lies in the clear", { [key]: value }],
    ["whose key is misspelt", { "vapora:claudApiKey": { secure: value } }],
    ["whose key is misspelt, in the clear", { "vapora:claudApiKey": value }],
    ["in place of where it is kept", { "vapora:providers": { claude: { apiKey: value } } }],
    ["in place of where it is kept, sealed", { "vapora:providers": { claude: { apiKey: { secure: value } } } }],
    ["in place of its provider", { "vapora:providers": { claude: value } }],
    ["in a service's env", { "vapora:agents": { ...section("agents"), env: { CLAUDE_API_KEY: value } } }],
    ["in a URL", { "vapora:redis": { external: { ...external.external, url: `redis://u:${value}@h:1` } } }],
    ["beside the user's name", { "vapora:redis": { external: { ...external.external, password: value } } }],
    ["in a number's place, sealed", { "vapora:agents": { ...section("agents"), replicas: { secure: value } } }],
    ["of an unknown section", { "vapora:secrets": { claude: value } }],
  ])("%s", async (_where, config) => {
    const error = await record("dev", { config }).then(
      () => "no error",
      (thrown: unknown) => (thrown as Error).message,
    );
    expect(error).toContain("in the stack's config:");
    expect(canariesIn(error)).toEqual([]);
  });
});
