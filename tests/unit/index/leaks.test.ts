/** No secret leaves its Secret object on any way without an engine. */
import * as pulumi from "@pulumi/pulumi";
import { goldenFiles } from "../../../tools/commands/docs/goldens";
import { RecordingMonitor } from "../../../tools/recording/monitor";
import { record } from "../../../tools/recording/record";
import type { Recording } from "../../../tools/recording/recording";
import { renderManifests } from "../../../tools/recording/manifests";
import { CANARIES, CANARY_CONFIG, canariesIn } from "../../support/canaries";
import { RECORDING_TIMEOUT } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = fixtureStack("dev").config;
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
  await import("../../../index");
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
