/** Where credentials come from, who gets them, and who rolls when one changes. */
import { MOUNTS } from "../../../config/schema/services";
import { SECRET_NAMES, SECRET_VARIABLES } from "../../../config/schema/reserved";
import type { Recording } from "../../../tools/recording/recording";
import { podTemplate } from "../../support/pods";
import {
  DATABASE_KEYS,
  objectNamed,
  objectsOf,
  recording,
  RECORDING_TIMEOUT,
  secretValues,
} from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

type Config = Readonly<Record<string, unknown>>;

const existingSecret = { name: "team", key: "token" };
const externalSecret = { store: "vault", remoteKey: "vapora/claude", property: "key" };
const SEALED = { "vapora:claudeApiKey": { secure: "v1:a" } };
const external = { host: "db.example.com", ranges: ["10.0.0.0/8"] };

/** A section of the dev stack. */
function devSection(key: string): object {
  return fixtureStack("dev").config[`vapora:${key}`] as object;
}

function claude(source: Config): Config {
  return { "vapora:providers": { claude: { apiKey: source } } };
}

/** Names of the custom resources that a change of config changes, makes or takes away. */
async function changed(before: Config, after: Config): Promise<string[]> {
  const texts = (made: Recording): Map<string, string> =>
    new Map(made.resources.filter(({ custom }) => custom).map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
  const [old, now] = [texts(await recording("dev", { ...before })), texts(await recording("dev", { ...after }))];
  const urns = [...new Set([...old.keys(), ...now.keys()])].filter((urn) => old.get(urn) !== now.get(urn));
  return urns
    .map((urn) =>
      urn
        .split("::")
        .slice(2)
        .join(" ")
        .replace(/^.*[$:]/, ""),
    )
    .sort();
}

describe("a key kept in another Secret", () => {
  test("is read from there, and leaves ours", async () => {
    const objects = await objectsOf("dev", { ...claude({ existingSecret }) });
    expect(Object.keys(secretValues(objects, "vapora-secrets")).sort()).toEqual([...DATABASE_KEYS]);
    for (const name of ["vapora-agents", "vapora-llm-router"]) {
      expect(JSON.stringify(objectNamed(objects, "Deployment", name))).toContain(
        '{"name":"CLAUDE_API_KEY","valueFrom":{"secretKeyRef":{"key":"token","name":"team"}}}',
      );
    }
  });

  test("rolls its users with a new version, and nobody else", async () => {
    const version = (text: string): Config => claude({ existingSecret: { ...existingSecret, version: text } });
    expect(await changed(version("1"), version("2"))).toEqual(["Deployment agents", "Deployment llm-router"]);
  });
});

describe("a key kept in a store", () => {
  test("is brought by an ExternalSecret, whose Secret its users read", async () => {
    const objects = await objectsOf("dev", { ...claude({ externalSecret }) });
    expect(objectNamed(objects, "ExternalSecret", "vapora-claude-api-key")).toMatchObject({
      apiVersion: "external-secrets.io/v1",
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: "vault" },
        target: { name: "vapora-claude-api-key" },
        data: [{ secretKey: "value", remoteRef: { key: "vapora/claude", property: "key" } }],
      },
    });
    expect(JSON.stringify(objectNamed(objects, "Deployment", "vapora-agents"))).toContain(
      '"secretKeyRef":{"key":"value","name":"vapora-claude-api-key"}',
    );
  });

  test("rolls its users with a new version; how often it is read rolls nobody", async () => {
    const store = (change: Config): Config => claude({ externalSecret: { ...externalSecret, ...change } });
    expect(await changed(store({}), store({ version: "2" }))).toEqual(["Deployment agents", "Deployment llm-router"]);
    expect(await changed(store({}), store({ refreshInterval: "5m" }))).toEqual([
      "ExternalSecret claude-api-key-external",
    ]);
  });
});

describe("a URL kept elsewhere", () => {
  const url = { existingSecret: { name: "connections", key: "url" } };

  test.each([
    ["nats", "NATS_URL", ["vapora-agents", "vapora-backend", "vapora-mcp-gateway"]],
    ["redis", "REDIS_URL", ["vapora-backend", "vapora-llm-router"]],
    ["surrealdb", "DATABASE_URL", ["vapora-agents", "vapora-backend", "vapora-llm-router", "vapora-mcp-gateway"]],
  ])("of %s reaches its users as it is", async (name, variable, users) => {
    const objects = await objectsOf("dev", { [`vapora:${name}`]: { external: { ...external, url } } });
    const expected = `{"name":"${variable}","valueFrom":{"secretKeyRef":{"key":"url","name":"connections"}}}`;
    const readers = objects.filter((object) => JSON.stringify(object).includes(expected));
    expect(readers.map(({ metadata }) => metadata.name).sort()).toEqual(users);
    expect(objects.filter(({ metadata }) => metadata.name === `${name}-connection`)).toEqual([]);
  });

  test("of the database, and no provider, leave nothing for our Secret", async () => {
    const objects = await objectsOf("dev", {
      "vapora:providers": "none",
      "vapora:surrealdb": { external: { ...external, url } },
    });
    expect(objects.filter(({ kind }) => kind === "Secret")).toEqual([]);
  });
});

describe("a changed secret rolls exactly who uses it", () => {
  test("an API key", async () => {
    const after = { "vapora:claudeApiKey": { secure: "v1:b" } };
    expect(await changed(SEALED, after)).toEqual(["Deployment agents", "Deployment llm-router", "Secret secrets"]);
  });

  test("the password of an external Redis", async () => {
    const redis = { "vapora:redis": { external: { ...external, username: "vapora" } } };
    const password = (ciphertext: string): Config => ({ ...redis, "vapora:redisPassword": { secure: ciphertext } });
    expect(await changed(password("v1:a"), password("v1:b"))).toEqual([
      "Deployment backend",
      "Deployment llm-router",
      "Secret redis-connection",
    ]);
  });

  test("the database user's password: a Job tells the database first", async () => {
    const rotated = { "vapora:surrealdb": { ...devSection("surrealdb"), rotations: { user: 1 } } };
    expect(await changed({}, rotated)).toEqual([
      "Deployment agents",
      "Deployment backend",
      "Deployment llm-router",
      "Deployment mcp-gateway",
      "Job surrealdb-rotation-job",
      "NetworkPolicy network-surrealdb",
      "NetworkPolicy network-surrealdb-rotation",
      "Secret secrets",
      "Secret surrealdb-credentials",
      "ServiceAccount surrealdb-rotation-service-account",
    ]);
    const { resources } = await recording("dev", rotated);
    const job = resources.find(({ name }) => name === "surrealdb-rotation-job");
    const secret = resources.find(({ name, type }) => name === "secrets" && type === "kubernetes:core/v1:Secret");
    expect(secret?.dependencies).toContain(job?.urn);
    expect(job?.dependencies.join()).toContain("StatefulSet::surrealdb");
  });

  test("root's password restarts the database alone; a Job then signs in with it", async () => {
    const rotated = { "vapora:surrealdb": { ...devSection("surrealdb"), rotations: { root: 1 } } };
    expect(await changed({}, rotated)).toEqual([
      "Job surrealdb-rotation-job",
      "NetworkPolicy network-surrealdb",
      "NetworkPolicy network-surrealdb-rotation",
      "Secret surrealdb-credentials",
      "ServiceAccount surrealdb-rotation-service-account",
      "StatefulSet surrealdb",
    ]);
  });
});

describe("what config keeps clear of", () => {
  test("is what the program makes: folders, Secrets and variables", async () => {
    const everything = {
      ...SEALED,
      "vapora:network": { caBundle: { configMap: "company-ca", key: "ca.crt" } },
      "vapora:openaiApiKey": { secure: "v1:a" },
      "vapora:geminiApiKey": { secure: "v1:a" },
      "vapora:natsPassword": { secure: "v1:a" },
      "vapora:redisPassword": { secure: "v1:a" },
      "vapora:nats": { external: { ...external, username: "u" } },
      "vapora:redis": { external: { ...external, username: "u" } },
    };
    const url = { external: { ...external, url: { externalSecret } } };
    const apiKey = { apiKey: { externalSecret } };
    const stored = {
      "vapora:providers": { claude: apiKey, openai: apiKey, gemini: apiKey },
      "vapora:nats": url,
      "vapora:redis": url,
      "vapora:surrealdb": url,
    };
    const objects = [...(await objectsOf("dev", everything)), ...(await objectsOf("dev", stored))];
    const secrets = objects.filter(({ kind }) => ["Secret", "ExternalSecret"].includes(kind));
    expect(new Set(secrets.map(({ metadata }) => metadata.name))).toEqual(new Set(SECRET_NAMES));

    const containers = (await objectsOf("dev", everything)).flatMap((object) => {
      const [container] = (podTemplate(object)?.spec.containers ?? []) as Container[];
      return container === undefined || object.kind !== "Deployment"
        ? []
        : [{ ...container, app: object.metadata.name }];
    });
    const mounts = containers.flatMap(({ app, volumeMounts = [] }) =>
      volumeMounts.filter(({ name }) => name !== "scratch-0").map(({ mountPath }) => [app, mountPath]),
    );
    const apps = {
      backend: "backend",
      frontend: "frontend",
      agents: "agents",
      llmRouter: "llm-router",
      mcpGateway: "mcp-gateway",
    };
    const reserved = Object.entries(apps).flatMap(([key, app]) =>
      MOUNTS[key as keyof typeof MOUNTS].map((path) => [`vapora-${app}`, path]),
    );
    expect(mounts.sort()).toEqual(reserved.sort());

    const variables = containers.flatMap(({ env = [] }) => env.filter(({ valueFrom }) => valueFrom !== undefined));
    const brokers = ["NATS", "REDIS"].flatMap((name) => ["URL", "USER", "PASSWORD"].map((part) => `${name}_${part}`));
    expect(new Set(variables.map(({ name }) => name))).toEqual(new Set([...SECRET_VARIABLES, ...brokers]));
  });
});

interface Container {
  readonly env?: readonly { readonly name: string; readonly valueFrom?: unknown }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
