/**
 * The contract with other stacks. Whatever is taken away here, renamed or given another type breaks them: then raise
 * CONTRACT_VERSION and tell them in CHANGELOG.md what to do. An added field breaks no consumer.
 */
import type * as pulumi from "@pulumi/pulumi";
import { byName, exactly, list, object, oneOf, text, whole } from "./schema";
import type { TypeOf } from "./schema";

/** Version of the contract, and major version of the package. */
export const CONTRACT_VERSION = 1;

const deployment = object(
  "What runs the pods. Either `replicas` or `autoscaling` is there.",
  {
    kind: oneOf("Kind of the workload.", "Deployment", "StatefulSet"),
    name: text("Name of the workload."),
    namespace: text("Its namespace."),
    image: text("Image of its container, as the cluster pulls it."),
  },
  {
    replicas: whole("Pods that run."),
    autoscaling: object("Range in which an autoscaler chooses the number of pods.", {
      minReplicas: whole("Pods at least."),
      maxReplicas: whole("Pods at most."),
    }),
  },
);

const service = (whose: string) =>
  object(`${whose}: what runs and how it is reached.`, {
    deployment,
    service: object("How it is reached from inside the cluster.", {
      name: text("Name of the Service."),
      namespace: text("Its namespace."),
      host: text("Host name, `<name>.<namespace>`."),
      ports: byName("Port numbers by name.", whole("TCP port.")),
      url: text("`http://<host>:<port>` of its first port."),
    }),
  });

const dataService = (whose: string) =>
  object(`${whose}: where it is reached.`, {
    host: text("Host name or address."),
    port: whole("TCP port."),
    ranges: list(
      "Where it runs outside the cluster: the address ranges it resolves to. Else none.",
      text("IPv4 range."),
    ),
  });

const secretKey = (description: string) =>
  object(description, { name: text("Name of the Secret."), key: text("Key inside it.") });

/** The services: what the contract calls them, and what a mock says of each. */
export const SERVICES = {
  backend: { whose: "The REST API", app: "backend", ports: { http: 8080, metrics: 9090 } },
  frontend: { whose: "The web interface", app: "frontend", ports: { http: 3000 } },
  agents: { whose: "The agent runtime", app: "agents", ports: { metrics: 9090 } },
  llmRouter: {
    whose: "The router over the model providers",
    app: "llm-router",
    ports: { http: 8899, metrics: 9090 },
  },
  mcpGateway: { whose: "The MCP gateway", app: "mcp-gateway", ports: { http: 8888, metrics: 9090 } },
} as const;

/** Name of a service's output. */
export type ServiceName = keyof typeof SERVICES;

/** Something of each service. */
export function ofServices<T>(make: (name: ServiceName) => T): Readonly<Record<ServiceName, T>> {
  const names = Object.keys(SERVICES) as ServiceName[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<ServiceName, T>;
}

/** All outputs of a VAPORA stack. */
export const CONTRACT = object("Outputs of a VAPORA stack.", {
  contractVersion: exactly("Version of this contract.", CONTRACT_VERSION),
  clusterIdentifier: text(
    "Name of the cluster, `cluster.identifier` of the stack. Two stacks with the same one share a cluster.",
  ),
  namespace: text("Namespace everything runs in."),
  ...ofServices((name) => service(SERVICES[name].whose)),
  nats: dataService("NATS"),
  redis: dataService("Redis"),
  surrealdb: dataService("SurrealDB"),
  secrets: object(
    "Secrets in that namespace that a pod of another stack may read, by name and key. Never a value.",
    { databaseUrl: secretKey("URL of the database, with user and password.") },
    {
      natsUrl: secretKey("URL of NATS, where it has a user."),
      redisUrl: secretKey("URL of Redis, where it has a user."),
      claudeApiKey: secretKey("API key of Claude, where there is one."),
      openaiApiKey: secretKey("API key of OpenAI, where there is one."),
      geminiApiKey: secretKey("API key of Gemini, where there is one."),
    },
  ),
});

/** All outputs of a VAPORA stack, as values. */
export type VaporaOutputs = TypeOf<typeof CONTRACT>;
/** What runs of a service, and how it is reached. */
export type ServiceOutput = VaporaOutputs["backend"];
/** Where a data service is reached. */
export type DataServiceOutput = VaporaOutputs["nats"];
/** A key of a Secret in the platform's namespace. */
export type SecretReference = VaporaOutputs["secrets"]["databaseUrl"];

/** The outputs of a VAPORA stack in another stack's program. */
export type VaporaStack = { readonly [K in keyof VaporaOutputs]: pulumi.Output<VaporaOutputs[K]> };
