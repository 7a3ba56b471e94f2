import { STACK_MARK } from "../../../components/stack-mark";
import type { Recording } from "../../../tools/recording/recording";
import { kubernetesObjects } from "../../../tools/recording/recording";
import { podTemplate } from "../../support/pods";
import {
  credentialValues,
  DATABASE_KEYS,
  objectNamed,
  objectsOf,
  recording,
  RECORDING_TIMEOUT,
  secretValues,
  STACKS,
} from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

/** What a stack's file says under a key. */
function said(stack: string, key: string): unknown {
  return fixtureStack(stack).config[`vapora:${key}`];
}

function namespaceOf(stack: string): string {
  return (said(stack, "namespace") as { name: string }).name;
}

const RECOMMENDED = ["name", "instance", "component", "part-of", "managed-by"].map(
  (label) => `app.kubernetes.io/${label}`,
);

describe.each(STACKS)("in stack %s", (stack) => {
  let made: Recording;

  beforeAll(async () => {
    made = await recording(stack);
  });

  test("every namespaced object is in the configured namespace", () => {
    const namespaces = kubernetesObjects(made)
      .filter(({ object }) => object.kind !== "Namespace")
      .map(({ object }) => object.metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set([namespaceOf(stack)]));
  });

  test("every resource has a parent, every Kubernetes object a component, and the one provider", () => {
    const components = new Set(
      made.resources.filter(({ custom, type }) => !custom && type.startsWith("vapora:")).map(({ urn }) => urn),
    );
    const provider = made.resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    const withoutParent = made.resources.filter(
      ({ parent, type }) => parent === undefined && type !== "pulumi:pulumi:Stack",
    );
    expect(withoutParent).toEqual([]);
    for (const { resource } of kubernetesObjects(made)) {
      expect(components).toContain(resource.parent);
      expect(resource.provider).toBe(provider?.urn);
    }
  });

  test("every object carries one and the same mark of the stack, and no pod template or claim template does", () => {
    const objects = kubernetesObjects(made).map(({ object }) => object);
    const marks = objects.map(({ metadata }) => (metadata.annotations as Record<string, string>)[STACK_MARK]);
    expect([...new Set(marks)]).toEqual([expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)]);
    expect(JSON.stringify(objects.map(({ spec }) => spec ?? null))).not.toContain(STACK_MARK);
  });

  test("every object carries `app` and the recommended labels, and only workloads and pods the version", () => {
    for (const { object } of kubernetesObjects(made)) {
      const labels = object.metadata.labels as Record<string, string>;
      const template = podTemplate(object);
      expect(Object.keys(labels)).toEqual(expect.arrayContaining(["app", ...RECOMMENDED]));
      expect("app.kubernetes.io/version" in labels).toBe(template !== undefined);
      if (template !== undefined) expect(template.metadata.labels).toEqual(labels);
    }
  });

  test("no two objects have the same kind and name", () => {
    const names = kubernetesObjects(made).map(({ object }) => `${object.kind} ${object.metadata.name}`);
    expect(names).toHaveLength(new Set(names).size);
  });

  test("nothing of an unknown value has become text", () => {
    expect(JSON.stringify(made)).not.toMatch(/undefined|\[object|Calling \[toString\]/);
  });

  test("protection is on what holds data exactly where the stack asks for it", () => {
    const holdsData = (type: string): boolean =>
      /:(Namespace|PersistentVolumeClaim|RandomPassword)$/.test(type) && !type.startsWith("vapora:");
    const isProtected = made.resources.filter(({ options }) => options.protect === true).map(({ urn }) => urn);
    const expected =
      said(stack, "dataProtection") === true
        ? made.resources.filter(({ type }) => holdsData(type)).map(({ urn }) => urn)
        : [];
    expect(isProtected).toEqual(expected);
    if (said(stack, "dataProtection") === true) expect(isProtected).toHaveLength(8);
  });

  test("no value of a Secret stands in any other object", () => {
    const objects = kubernetesObjects(made).map(({ object }) => object);
    const values = credentialValues(objects);
    const others = JSON.stringify(objects.filter(({ kind }) => kind !== "Secret"));
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(others).not.toContain(value);
  });

  test("every value of a Secret is marked secret", () => {
    for (const { resource } of kubernetesObjects(made).filter(({ object }) => object.kind === "Secret")) {
      expect(resource.secretInputs).toEqual([["stringData"]]);
    }
  });

  test("host names are derived from the namespace", async () => {
    const objects = await objectsOf(stack, { "vapora:namespace": { name: "moved" } });
    const behind = objects.filter((object) => JSON.stringify(object).includes(namespaceOf(stack)));
    expect(behind.map(({ metadata }) => metadata.name)).toEqual([]);
  });
});

describe("what stacks may differ in", () => {
  const dev = (key: string, change: object): Promise<Record<string, unknown>> =>
    recording("dev").then(({ project }) => ({ [`${project}:${key}`]: change }));

  test("a registry replaces the one of every image, and pull secrets reach every pod", async () => {
    const objects = await objectsOf(
      "dev",
      await dev("images", { registry: "registry.example.com/mirror", pullSecrets: ["login"] }),
    );
    const templates = objects.flatMap((object) => podTemplate(object) ?? []);
    expect(templates).toHaveLength(9);
    for (const { spec } of templates) {
      expect(spec).toMatchObject({ imagePullSecrets: [{ name: "login" }] });
      expect(JSON.stringify(spec.containers)).toMatch(/"image":"registry\.example\.com\/mirror\/[a-z]/);
      expect(JSON.stringify(spec.containers)).not.toContain("docker.io");
    }
  });

  test("a namespace made elsewhere is not made here", async () => {
    const objects = await objectsOf("dev", await dev("namespace", { name: "elsewhere", create: false }));
    expect(objects.filter(({ kind }) => kind === "Namespace")).toEqual([]);
  });

  test("an API key that is set reaches the Secret, the agents and the router, and nothing else", async () => {
    const config = await dev("claudeApiKey", { secure: "v1:sealed" });
    const objects = await objectsOf("dev", config);
    expect(Object.keys(secretValues(objects, "vapora-secrets")).sort()).toEqual(["claude-api-key", ...DATABASE_KEYS]);
    const users = objects.filter((object) => JSON.stringify(podTemplate(object) ?? {}).includes("claude-api-key"));
    expect(users.map(({ metadata }) => metadata.name).sort()).toEqual(["vapora-agents", "vapora-llm-router"]);
  });

  test("production's Secret has the API keys, and what the database is reached by", async () => {
    expect(Object.keys(secretValues(await objectsOf("prod"), "vapora-secrets")).sort()).toEqual([
      "claude-api-key",
      ...DATABASE_KEYS,
      "gemini-api-key",
      "openai-api-key",
    ]);
  });
});

describe("an external data service", () => {
  const external = { host: "redis.example.com", port: 6380, ranges: ["10.0.0.0/8"], tls: true };

  test("replaces the bundled one and reaches every user by URL", async () => {
    const objects = await objectsOf("dev", { "vapora:redis": { external } });
    expect(objects.filter(({ metadata }) => metadata.name.startsWith("redis"))).toEqual([]);
    const users = objects.filter((object) =>
      JSON.stringify(podTemplate(object) ?? {}).includes("rediss://redis.example.com:6380"),
    );
    expect(users.map(({ metadata }) => metadata.name).sort()).toEqual(["vapora-backend", "vapora-llm-router"]);
  });

  test("keeps the bundled claim where its storage is still named", async () => {
    const objects = await objectsOf("dev", { "vapora:redis": { external, storage: { size: "1Gi" } } });
    const before = objectNamed(await objectsOf("dev"), "PersistentVolumeClaim", "redis-data");
    expect(objectNamed(objects, "PersistentVolumeClaim", "redis-data")).toEqual(before);
  });

  test("has the very same claim as the bundled one, which the engine therefore leaves alone", async () => {
    const claims = async (config: object): Promise<unknown[]> =>
      (await recording("prod", { ...config })).resources.filter(({ name }) =>
        /^(nats|redis|surrealdb)-(data|password-seed)$/.test(name),
      );
    const bundled = await claims({});
    const outside = { external: { ...external, username: "vapora" } };
    const size = (name: string): string => (said("prod", name) as { storage: { size: string } }).storage.size;
    const switched = await claims({
      "vapora:nats": { ...outside, storage: { size: size("nats") } },
      "vapora:redis": { ...outside, storage: { size: size("redis") } },
      "vapora:surrealdb": { ...outside, storage: { size: size("surrealdb") } },
      "vapora:natsPassword": { secure: "v1:a" },
      "vapora:redisPassword": { secure: "v1:a" },
      "vapora:surrealdbPassword": { secure: "v1:a" },
    });
    expect(bundled).toHaveLength(4);
    expect(switched).toEqual(bundled);
  });

  test("with credentials is reached by a URL in a Secret, never in plain", async () => {
    const objects = await objectsOf("dev", {
      "vapora:redis": { external: { ...external, username: "us:er" } },
      "vapora:redisPassword": { secure: "v1:sealed" },
    });
    const { url = "", ...parts } = secretValues(objects, "redis-connection");
    expect(url).toMatch(/^rediss:\/\/us%3Aer:placeholder-[0-9a-f]+@redis\.example\.com:6380$/);
    expect(parts).toEqual({
      host: "redis.example.com",
      port: "6380",
      user: "us:er",
      password: expect.stringMatching(/^placeholder-/) as string,
    });
    const backend = JSON.stringify(objectNamed(objects, "Deployment", "vapora-backend"));
    expect(backend).not.toContain("rediss://");
    for (const [variable, key] of [
      ["REDIS_URL", "url"],
      ["REDIS_USER", "user"],
      ["REDIS_PASSWORD", "password"],
    ]) {
      expect(backend).toContain(
        `{"name":"${variable ?? ""}","valueFrom":{"secretKeyRef":{"key":"${key ?? ""}","name":"redis-connection"}}}`,
      );
    }
  });

  const database = { host: "db.example.com", ranges: ["10.0.0.0/8"], username: "vapora", database: "main" };

  test.each([
    ["address", false, "db.example.com:8000"],
    ["ws", false, "ws://db.example.com:8000"],
    ["ws", true, "wss://db.example.com:8000"],
    ["http", false, "http://db.example.com:8000"],
    ["http", true, "https://db.example.com:8000"],
  ])("that is a database is named in the form %s, with TLS: %s", async (urlForm, tls, url) => {
    const objects = await objectsOf("dev", {
      "vapora:surrealdb": { external: { ...database, urlForm, tls } },
      "vapora:surrealdbPassword": { secure: "v1:sealed" },
    });
    expect(secretValues(objects, "vapora-secrets")).toEqual({
      "database-url": url,
      "database-host": "db.example.com",
      "database-port": "8000",
      "database-namespace": "vapora",
      "database-name": "main",
      "database-user": "vapora",
      "database-password": expect.stringMatching(/^placeholder-/) as string,
    });
  });

  test("that is a database takes no password of ours and names its own namespace and database", async () => {
    const made = await recording("dev", {
      "vapora:surrealdb": {
        external: { ...database, urlForm: "login" },
      },
      "vapora:surrealdbPassword": { secure: "v1:sealed" },
    });
    const objects = kubernetesObjects(made).map(({ object }) => object);
    expect(secretValues(objects, "vapora-secrets")["database-url"]).toMatch(
      /^ws:\/\/vapora:placeholder-[0-9a-f]+@db\.example\.com:8000\/vapora\/main$/,
    );
    expect(made.resources.filter(({ type }) => type.endsWith(":RandomPassword"))).toEqual([]);
  });
});
