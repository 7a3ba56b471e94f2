import * as rules from "../../../../config/rules/rules";
import type { PlainSettings } from "../../../../config";
import { settingsSchema } from "../../../../config";
import { fixtureStack } from "../../../support/stacks";

type Change = Readonly<Record<string, unknown>>;

const DEV = Object.fromEntries(
  Object.entries(fixtureStack("dev").config).map(([key, value]) => [key.replace("vapora:", ""), value]),
);

/** The dev stack with sections changed; a change inside a section keeps the rest of it. */
function stack(change: Change): PlainSettings {
  return settingsSchema.parse({ ...DEV, ...change });
}

function service(name: "backend" | "frontend" | "agents", change: Change): Change {
  return { [name]: { ...stack({})[name], ...change } };
}

/** The bundled database with another memory limit. */
function database(memory: string): Change {
  const amounts = { cpu: "1", memory };
  return { surrealdb: { ...stack({}).surrealdb, resources: { requests: amounts, limits: amounts } } };
}

/** The router with another volume. */
function router(storage: Change): Change {
  return { llmRouter: { ...stack({}).llmRouter, storage } };
}

/** Backend and frontend, each with a host. */
function exposed(backend: string, frontend: string): Change {
  return {
    backend: { ...stack({}).backend, exposure: { ingress: { ...ingress, host: backend } } },
    frontend: { ...stack({}).frontend, exposure: { gateway: { ...gateway, host: frontend } } },
  };
}

const amounts = { cpu: "1", memory: "1Gi" };
const external = { host: "db.example.com", ranges: ["10.0.0.0/8"], username: "vapora" };
const client = { image: "docker.io/surrealdb/surrealdb:v3.2.4" };
const existingSecret = { name: "team", key: "token" };
const EPHEMERAL = { mode: "ephemeral", size: "1Gi" };
const autoscaling = { minReplicas: 2, maxReplicas: 4, cpuUtilization: 75 };
const ingress = { host: "vapora.example.com", controllerNamespace: "ingress", tlsSecret: "tls" };
const gateway = {
  host: "vapora.example.com",
  controllerNamespace: "gateways",
  name: "public",
  namespace: "gateways",
  listener: "https",
};
const externalSecret = { store: "vault", remoteKey: "x" };

/** By rule: what to change in dev, and the paths it must name. */
const CASES: Readonly<Record<string, readonly [title: string, change: Change, paths: readonly string[]][]>> = {
  oneReplicaPerReadWriteOnceClaim: [
    ["one replica", service("agents", { replicas: 1 }), []],
    ["none", service("agents", { replicas: 0 }), []],
    ["two", service("agents", { replicas: 2 }), ["agents.replicas"]],
    ["two that share", service("agents", { replicas: 2, storage: { size: "1Gi", accessMode: "ReadWriteMany" } }), []],
    ["two with one each", service("agents", { replicas: 2, storage: { size: "1Gi", mode: "perReplica" } }), []],
    ["two without any", { llmRouter: { ...stack({}).llmRouter, replicas: 2, storage: EPHEMERAL } }, []],
    ["as many as it takes", service("agents", { replicas: undefined, autoscaling }), ["agents.autoscaling"]],
  ],
  requestsWithinLimits: [
    ["equal", service("agents", { resources: { requests: amounts, limits: { cpu: "1000m", memory: "1024Mi" } } }), []],
    [
      "cpu above",
      service("agents", { resources: { requests: { ...amounts, cpu: "1001m" }, limits: amounts } }),
      ["agents.resources.requests.cpu"],
    ],
    [
      "memory above",
      service("agents", { resources: { requests: amounts, limits: { cpu: "1", memory: "1G" } } }),
      ["agents.resources.requests.memory"],
    ],
    [
      "ephemeral storage above",
      service("backend", {
        resources: {
          requests: { ...amounts, ephemeralStorage: "2Gi" },
          limits: { ...amounts, ephemeralStorage: "1Gi" },
        },
      }),
      ["backend.resources.requests.ephemeralStorage"],
    ],
    [
      "in a data service",
      { nats: { ...stack({}).nats, resources: { requests: { ...amounts, cpu: "2" }, limits: amounts } } },
      ["nats.resources.requests.cpu"],
    ],
  ],
  scratchWithinEphemeralStorage: [
    [
      "an ephemeral volume above the limit",
      {
        llmRouter: {
          ...stack({}).llmRouter,
          storage: EPHEMERAL,
          resources: { requests: amounts, limits: { ...amounts, ephemeralStorage: "1Gi" } },
        },
      },
      ["llmRouter.resources.limits.ephemeralStorage"],
    ],
    ["no limit", service("backend", { scratch: { "/tmp": "1Ti" } }), []],
    [
      "as much as the limit",
      service("backend", {
        scratch: { "/tmp": "512Mi", "/run": "512Mi" },
        resources: { requests: amounts, limits: { ...amounts, ephemeralStorage: "1Gi" } },
      }),
      [],
    ],
    [
      "more together than the limit",
      service("backend", {
        scratch: { "/tmp": "512Mi", "/run": "513Mi" },
        resources: { requests: amounts, limits: { ...amounts, ephemeralStorage: "1Gi" } },
      }),
      ["backend.resources.limits.ephemeralStorage"],
    ],
  ],
  graceAboveDelay: [
    ["none said", service("backend", { shutdown: { delay: "10m" } }), []],
    ["longer", service("backend", { shutdown: { delay: "10s", drain: "49s", gracePeriod: "1m" } }), []],
    [
      "equal to both together",
      service("backend", { shutdown: { delay: "10s", drain: "50s", gracePeriod: "1m" } }),
      ["backend.shutdown.gracePeriod"],
    ],
    [
      "below what drains without being said",
      service("agents", { shutdown: { gracePeriod: "2m" } }),
      ["agents.shutdown.gracePeriod"],
    ],
  ],
  replicasOrAutoscaling: [
    ["replicas", service("backend", { replicas: 0 }), []],
    ["an autoscaler", service("backend", { replicas: undefined, autoscaling }), []],
    ["both", service("backend", { replicas: 2, autoscaling }), ["backend.replicas"]],
    ["neither", service("backend", { replicas: undefined }), ["backend.replicas"]],
  ],
  autoscalingCanScale: [
    ["room and a measure", service("backend", { replicas: undefined, autoscaling }), []],
    [
      "no room",
      service("backend", { replicas: undefined, autoscaling: { ...autoscaling, maxReplicas: 2 } }),
      ["backend.autoscaling.maxReplicas"],
    ],
    [
      "no measure",
      service("backend", { replicas: undefined, autoscaling: { minReplicas: 2, maxReplicas: 3 } }),
      ["backend.autoscaling.cpuUtilization"],
    ],
  ],
  ephemeralIsNoClaim: [
    ["a size alone", router({ mode: "ephemeral", size: "1Gi" }), []],
    ["a class, on a claim", router({ size: "1Gi", storageClass: "fast" }), []],
    ["a class", router({ mode: "ephemeral", size: "1Gi", storageClass: "fast" }), ["llmRouter.storage.storageClass"]],
    [
      "an access mode",
      router({ mode: "ephemeral", size: "1Gi", accessMode: "ReadWriteMany" }),
      ["llmRouter.storage.accessMode"],
    ],
  ],
  tolerationsComplete: [
    ["by value", service("backend", { tolerations: [{ key: "a", value: "b" }] }), []],
    ["any taint", service("backend", { tolerations: [{ operator: "Exists" }] }), []],
    [
      "by value, of no key",
      service("backend", { tolerations: [{ operator: "Exists" }, { value: "b" }] }),
      ["backend.tolerations.1.operator"],
    ],
    [
      "by key, with a value",
      { redis: { ...stack({}).redis, tolerations: [{ key: "a", operator: "Exists", value: "b" }] } },
      ["redis.tolerations.0.value"],
    ],
  ],
  oneWayIn: [
    ["an ingress", service("backend", { exposure: { ingress } }), []],
    ["a gateway", service("backend", { exposure: { gateway } }), []],
    ["both", service("backend", { exposure: { ingress, gateway } }), ["backend.exposure"]],
    ["neither", service("backend", { exposure: {} }), ["backend.exposure"]],
  ],
  wayInIsOpen: [
    ["a controller's pods", service("backend", { exposure: { ingress } }), []],
    [
      "addresses",
      service("backend", {
        exposure: { ingress: { ...ingress, controllerNamespace: undefined, ranges: ["10.0.0.0/8"] } },
      }),
      [],
    ],
    ["both", service("backend", { exposure: { gateway: { ...gateway, ranges: ["10.0.0.0/8"] } } }), []],
    [
      "neither",
      service("backend", { exposure: { ingress: { ...ingress, controllerNamespace: undefined } } }),
      ["backend.exposure.ingress.controllerNamespace"],
    ],
    [
      "neither, for a gateway",
      service("frontend", { exposure: { gateway: { ...gateway, controllerNamespace: undefined } } }),
      ["frontend.exposure.gateway.controllerNamespace"],
    ],
  ],
  hostsApart: [
    ["two hosts", exposed("a.example.com", "b.example.com"), []],
    ["one for both", exposed("a.example.com", "a.example.com"), ["backend.exposure.ingress.host"]],
  ],
  atLeastOneProvider: [
    ["none, said", { providers: "none" }, []],
    ["one", { providers: { openai: {} } }, []],
    ["no name", { providers: {} }, ["providers"]],
    ["all off", { providers: { claude: { enabled: false } } }, ["providers"]],
  ],
  oneSourcePerCredential: [
    ["from config", { providers: { claude: {} } }, []],
    ["an existing Secret", { providers: { claude: { apiKey: { existingSecret } } } }, []],
    ["a store", { providers: { claude: { apiKey: { externalSecret } } } }, []],
    ["both", { providers: { claude: { apiKey: { existingSecret, externalSecret } } } }, ["providers.claude.apiKey"]],
    ["neither", { providers: { gemini: { apiKey: {} } } }, ["providers.gemini.apiKey"]],
    [
      "neither, for a URL",
      { nats: { external: { ...external, username: undefined, url: {} } } },
      ["nats.external.url"],
    ],
  ],
  oneLoginPerConnection: [
    ["a user", { surrealdb: { external } }, []],
    ["a URL", { surrealdb: { external: { ...external, username: undefined, url: { existingSecret } } } }, []],
    ["neither", { surrealdb: { external: { ...external, username: undefined } } }, ["surrealdb.external.username"]],
    ["neither, where none is needed", { redis: { external: { ...external, username: undefined } } }, []],
    ["both", { redis: { external: { ...external, url: { existingSecret } } } }, ["redis.external.username"]],
  ],
  clientSignsIn: [
    ["a user", { surrealdb: { external: { ...external, client } } }, []],
    ["a URL", { surrealdb: { external: { ...external, username: undefined, url: { existingSecret } } } }, []],
    [
      "a URL and a client",
      { surrealdb: { external: { ...external, username: undefined, url: { existingSecret }, client } } },
      ["surrealdb.external.client"],
    ],
  ],
  addressWithinRanges: [
    ["a name", { redis: { external } }, []],
    ["an address within", { redis: { external: { ...external, host: "10.255.255.255" } } }, []],
    [
      "within the second",
      { redis: { external: { ...external, host: "192.0.2.9", ranges: ["10.0.0.0/8", "192.0.2.8/29"] } } },
      [],
    ],
    ["beside them", { redis: { external: { ...external, host: "11.0.0.0" } } }, ["redis.external.ranges"]],
    [
      "a proxy beside them",
      { network: { proxy: { host: "11.0.0.0", port: 3128, ranges: ["10.0.0.0/8"] } } },
      ["network.proxy.ranges"],
    ],
  ],
  namespaceOfItsOwn: [
    ["one of its own", { namespace: { name: "vapora" } }, []],
    ["the cluster's, left alone", { namespace: { name: "default", create: false } }, []],
    ["the cluster's", { namespace: { name: "kube-system" } }, ["namespace.create"]],
  ],
  clientsElsewhere: [
    ["another", { network: { clients: { backend: ["smoke-test"] } } }, []],
    [
      "the stack's own",
      {
        namespace: { name: "vapora" },
        network: { clients: { backend: ["smoke-test", "vapora"], agents: ["vapora"] } },
      },
      ["network.clients.backend.1", "network.clients.agents.0"],
    ],
  ],
  clientsOfBundled: [
    ["of a bundled one", { network: { clients: { redis: ["backup"] } } }, []],
    [
      "of an external one",
      { network: { clients: { redis: ["backup"] } }, redis: { external } },
      ["network.clients.redis"],
    ],
  ],
  databaseHasRoom: [
    ["enough", database("512Mi"), []],
    ["too little", database("511Mi"), ["surrealdb.resources.limits.memory"]],
  ],
  secretsApart: [
    ["another", { providers: { claude: { apiKey: { existingSecret } } } }, []],
    [
      "the program's",
      { providers: { claude: { apiKey: { existingSecret: { name: "vapora-secrets", key: "claude-api-key" } } } } },
      ["providers.claude.apiKey.existingSecret.name"],
    ],
  ],
  mountsApart: [
    ["apart", service("backend", { scratch: { "/tmp": "1Mi", "/etc/vapora2": "1Mi" } }), []],
    ["on the config", service("backend", { scratch: { "/etc/vapora": "1Mi" } }), ["backend.scratch./etc/vapora"]],
    ["above the config", service("backend", { scratch: { "/etc": "1Mi" } }), ["backend.scratch./etc"]],
    [
      "inside the claim",
      service("agents", { scratch: { "/var/vapora/agent-state/x": "1Mi" } }),
      ["agents.scratch./var/vapora/agent-state/x"],
    ],
    [
      "in each other",
      service("backend", { scratch: { "/a": "1Mi", "/a/b": "1Mi" } }),
      ["backend.scratch./a", "backend.scratch./a/b"],
    ],
  ],
  weightsSumToOne: [
    ["the seed's", { learning: {} }, []],
    ["in another order", { learning: { weights: { base: 0.1, expertise: 0.7, confidence: 0.2 } } }, []],
    ["one is all", { learning: { weights: { base: 0, expertise: 1, confidence: 0 } } }, []],
    [
      "more than 1",
      { learning: { weights: { base: 0.3, expertise: 0.5, confidence: 0.3 } } },
      ["learning.weights.confidence"],
    ],
    ["less than 1", { learning: { weights: { confidence: 0.199 } } }, ["learning.weights.confidence"]],
    ["two are more than 1", { learning: { weights: { base: 0.6 } } }, ["learning.weights"]],
  ],
  historyFillsConfidence: [
    ["as long", { learning: { historyLimit: 20 } }, []],
    ["shorter", { learning: { historyLimit: 19 } }, ["learning.historyLimit"]],
    ["shorter than what is said", { learning: { fullConfidence: 101 } }, ["learning.historyLimit"]],
  ],
  noCredentialInEnv: [
    ["another variable", service("backend", { env: { HTTP_TIMEOUT: "30s" } }), []],
    ["a URL without one", service("backend", { env: { REDIS_URL: "redis://x" } }), []],
    [
      "a URL with one",
      { ...service("backend", { env: { REDIS_URL: "redis://x" } }), redis: { external } },
      ["backend.env.REDIS_URL"],
    ],
    ["a credential", service("agents", { env: { CLAUDE_API_KEY: "sk-1" } }), ["agents.env.CLAUDE_API_KEY"]],
  ],
};

test("every rule has cases, those that keep it and those that break it", () => {
  const all = Object.entries(rules).filter(([, value]) => (rules.RULES as readonly unknown[]).includes(value));
  expect(all.map(([name]) => name).sort()).toEqual(Object.keys(CASES).sort());
  expect(all).toHaveLength(rules.RULES.length);
  for (const cases of Object.values(CASES)) {
    expect(new Set(cases.map(([, , paths]) => paths.length > 0))).toEqual(new Set([true, false]));
  }
});

describe.each(Object.keys(CASES))("%s", (name) => {
  test.each(CASES[name] ?? [])("%s", (_title, change, paths) => {
    const settings = stack(change);
    const rule = (rules as unknown as Record<string, (typeof rules.RULES)[number]>)[name];
    expect(rule?.(settings).map(({ path }) => path.join("."))).toEqual(paths);
    // nothing else is wrong with it, and nothing is found twice
    expect(rules.check(settings).map(({ path }) => path.join("."))).toEqual(paths);
  });
});

// The verdict of check() without one rule: some case must then get another one, or nobody would miss the rule.
test("without any single rule some case has another verdict", () => {
  const verdicts = Object.values(CASES)
    .flat()
    .map(([, change]) => stack(change))
    .map((settings) => rules.RULES.map((rule) => rule(settings).length));
  const missed = rules.RULES.filter((_rule, index) => verdicts.some((found) => (found[index] ?? 0) > 0));
  expect(rules.RULES.filter((rule) => !missed.includes(rule)).map(({ name }) => name)).toEqual([]);
});

test("a sum of weights names the values and the one that makes it 1", () => {
  const weights = { base: 0.3, expertise: 0.5, confidence: 0.3 };
  const [problem] = rules.check(stack({ learning: { weights } }));
  expect(problem?.message).toContain("0.3 + 0.5 + 0.3 is 1.1");
  expect(rules.check(stack({ learning: { weights: { ...weights, confidence: problem?.remedy } } }))).toEqual([]);
});

test("what a rule offers to type keeps it", () => {
  const broken = stack(
    service("backend", {
      scratch: { "/tmp": "1Gi" },
      resources: { requests: amounts, limits: { ...amounts, ephemeralStorage: "1M" } },
    }),
  );
  expect(rules.check(broken)).toEqual([expect.objectContaining({ remedy: "1024Mi" })]);
});
