import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { parse } from "yaml";
import type { Json, Recording } from "../../../tools/recording/recording";
import { objections, withSecrets } from "../../../outputs/compatibility";
import { contractFault } from "../../../outputs/reader";
import { contractSchema, outputsDocs, readSchema, SCHEMA_FILES } from "../../../outputs/contract-files";
import { recording, RECORDING_TIMEOUT, STACKS } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const ROOT = process.cwd();
const CONSEQUENCE = "every consumer's next preview and deployment ends with this error";

const { config: EVERY_OPTION } = parse(readFileSync(join(ROOT, "tests", "fixtures", "every-option.yaml"), "utf8")) as {
  readonly config: Readonly<Record<string, unknown>>;
};
const external = { host: "data.example.com", ranges: ["192.0.2.0/24"], username: "vapora" };
const EXTERNAL = {
  "vapora:nats": { external },
  "vapora:redis": { external },
  "vapora:surrealdb": { external: { ...external, namespace: "vapora", database: "main" } },
  "vapora:natsPassword": { secure: "sealed" },
  "vapora:redisPassword": { secure: "sealed" },
  "vapora:surrealdbPassword": { secure: "sealed" },
};
const CASES: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  ...STACKS.map((stack) => [stack, stack, {}] as const),
  ["prod with every option on", "prod", EVERY_OPTION],
  ["prod on external data services", "prod", EXTERNAL],
];

describe.each(CASES)("the outputs of %s", (_name, stack, config) => {
  let made: Recording;

  beforeAll(async () => {
    made = await recording(stack, config);
  });

  test("keep the contract", () => {
    const fault = contractFault(stack, made.outputs);
    expect(fault === undefined ? "kept" : `${fault}\n${CONSEQUENCE}`).toBe("kept");
  });

  test("are all of the contract and no others", () => {
    const { properties = {} } = contractSchema();
    expect(Object.keys(made.outputs).sort()).toEqual(Object.keys(properties).sort());
  });

  test("hold no secret", () => {
    expect(made.secretOutputs).toEqual([]);
  });

  // what consumers have is the released one; outputs/released.schema.json changes with `npm run outputs -- --release`
  test("break no consumer of the released contract", () => {
    const current = withSecrets(contractSchema(), made.secretOutputs);
    const changelog = readFileSync(join(ROOT, "outputs", "CHANGELOG.md"), "utf8");
    expect(objections(readSchema(ROOT, SCHEMA_FILES.released), current, changelog)).toEqual([]);
  });
});

test("say how many pods run, or in which range an autoscaler chooses", async () => {
  const pods = async (config: Readonly<Record<string, unknown>>): Promise<Json> => {
    const { backend, agents } = (await recording("prod", config)).outputs as Record<string, Record<string, Json>>;
    return [backend?.deployment, agents?.deployment] as Json;
  };
  expect(await pods({})).toMatchObject([{ replicas: 3, kind: "Deployment", image: "vapora/backend:0.2.0" }, {}]);
  expect(await pods(EVERY_OPTION)).toMatchObject([
    { autoscaling: { minReplicas: 3, maxReplicas: 6 }, image: "registry.example.com/mirror/vapora/backend:0.2.0" },
    { replicas: 3, kind: "StatefulSet" },
  ]);
});

test("name a Secret and its key wherever a URL or a model provider has a credential", async () => {
  const secrets = async (config = {}): Promise<Json | undefined> => (await recording("prod", config)).outputs.secrets;
  const apiKeys = {
    claudeApiKey: { name: "vapora-secrets", key: "claude-api-key" },
    openaiApiKey: { name: "vapora-secrets", key: "openai-api-key" },
    geminiApiKey: { name: "vapora-secrets", key: "gemini-api-key" },
  };
  const databaseUrl = { name: "vapora-secrets", key: "database-url" };
  expect(await secrets()).toEqual({ databaseUrl, ...apiKeys });
  expect(await secrets(EXTERNAL)).toEqual({
    databaseUrl,
    natsUrl: { name: "nats-connection", key: "url" },
    redisUrl: { name: "redis-connection", key: "url" },
    ...apiKeys,
  });
});

test("the JSON Schema and the page are what the declaration says", () => {
  // After a change that is meant: npm run docs -- --update.
  for (const [path, text] of Object.entries(outputsDocs(ROOT))) expect(readFileSync(path, "utf8")).toBe(text);
});

test("what is deployed comes from the sources alone, never from a built package", () => {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ["index.ts"],
    bundle: true,
    packages: "external",
    platform: "node",
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain("outputs/contract.ts");
  expect(inputs.filter((path) => /(^|\/)(dist|node_modules)\//.test(path) || !path.endsWith(".ts"))).toEqual([]);
  const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(external.filter((path) => path.startsWith("@vapora/"))).toEqual([]);
});

test("the package's major version is the contract's version", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "outputs", "package.json"), "utf8")) as { version: string };
  expect(version.split(".")[0]).toBe(String(contractSchema().properties?.contractVersion?.const));
});
