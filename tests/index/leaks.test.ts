/** No secret leaves its Secret object on any way without an engine. */
import * as pulumi from "@pulumi/pulumi";
import { goldenFiles } from "../../offline/goldens";
import { RecordingMonitor } from "../../offline/monitor";
import { readStack } from "../../offline/project";
import { record } from "../../offline/record";
import type { Recording } from "../../offline/recording";
import { renderManifests } from "../../offline/render";
import { CANARIES, CANARY_CONFIG, canariesIn } from "../support/canaries";
import { RECORDING_TIMEOUT } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = readStack(process.cwd(), "dev").config;
const SEALED = Object.fromEntries(Object.entries(CANARIES).map(([key, secure]) => [key, { secure }]));

/** What the program registers when it is handed the secrets themselves, as the engine does. */
async function registered(): Promise<Recording> {
  const texts = Object.entries({ ...dev, ...CANARY_CONFIG, ...CANARIES }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const monitor = new RecordingMonitor("vapora", "dev", "");
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>, Object.keys(CANARIES));
  pulumi.runtime.setMockOptions(monitor, "vapora", "dev", true, "organization");
  await import("../../index");
  await pulumi.runtime.disconnect();
  return { project: "vapora", stack: "dev", resources: monitor.resources, outputs: {}, secretOutputs: [] };
}

describe("of a program that is handed every secret", () => {
  let made: Recording;

  beforeAll(async () => {
    made = await registered();
  });

  test("the Secrets hold them all, which shows that the search finds them", () => {
    const secrets = made.resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(canariesIn(JSON.stringify(secrets))).toEqual(Object.keys(CANARIES));
    const encoded = secrets.map(({ inputs }) => Buffer.from(Object.values(inputs.stringData as object).join(" ")));
    expect(canariesIn(encoded.map((bytes) => bytes.toString("base64")).join(" "))).toEqual(Object.keys(CANARIES));
  });

  test("nothing else registered holds any", () => {
    const others = made.resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
    expect(others.length).toBeGreaterThan(30);
    const leaks = others.filter((resource) => canariesIn(JSON.stringify(resource)).length > 0);
    expect(leaks.map(({ urn }) => urn)).toEqual([]);
  });

  test("the rendered manifests and the golden files hold none", () => {
    const manifests = renderManifests(made);
    expect([...manifests.keys()]).toContain("secret-vapora-secrets.yaml");
    const files = [...manifests, ...goldenFiles(made)];
    expect(files.filter(([, text]) => canariesIn(text).length > 0).map(([name]) => name)).toEqual([]);
  });
});

test("a recording holds neither a secret nor what stands sealed in the stack's file", async () => {
  const made = await record("dev", { config: { ...CANARY_CONFIG, ...SEALED } });
  expect(canariesIn(JSON.stringify(made))).toEqual([]);
  expect(made.resources.length).toBeGreaterThan(30);
});

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
