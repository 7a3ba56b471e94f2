/** VAPORA on Kubernetes: one `new` per box, who calls whom, and the stack's outputs. */
import * as k8s from "@pulumi/kubernetes";
import { Agents } from "./components/agents";
import { Backend } from "./components/backend";
import { ExpectedCluster } from "./components/expected-cluster";
import { Frontend } from "./components/frontend";
import { KnowledgeGraph } from "./components/knowledge-graph";
import { LlmRouter } from "./components/llm-router";
import { McpGateway } from "./components/mcp-gateway";
import { modelProviders } from "./components/model-providers";
import { Namespace } from "./components/namespace";
import { Nats } from "./components/nats";
import { NetworkPolicies } from "./components/network-policies";
import { PlatformSecrets } from "./components/platform-secrets";
import { Quota } from "./components/quota";
import { Redis } from "./components/redis";
import { Revisions } from "./kubernetes/revisions";
import { StackMark } from "./components/stack-mark";
import { SurrealDb } from "./components/surrealdb/surrealdb";
import { Traffic } from "./kubernetes/traffic";
import { loadSettings } from "./config";
import { knowledgeGraphScript } from "./knowledge-graph/script";
import { contract } from "./outputs/contract";

const settings = loadSettings();
const { dataProtection, images, learning, network } = settings;
const { apiKeys, passwords } = settings.secrets;
const { caBundle, proxy } = network;

/** For each caller its callees, each with the callee's port. The NetworkPolicies block every other call. */
const traffic = new Traffic({
  frontend: { backend: "http" },
  backend: { nats: "client", redis: "redis", surrealdb: "http", llmRouter: "http", mcpGateway: "http" },
  agents: { nats: "client", surrealdb: "http", llmRouter: "http", mcpGateway: "http", providers: "https" },
  llmRouter: { redis: "redis", surrealdb: "http", providers: "https" },
  mcpGateway: { nats: "client", surrealdb: "http" },
  rotation: { surrealdb: "http" },
  knowledgeGraph: { surrealdb: "http" },
});

const expected = new ExpectedCluster("expected-cluster", settings.cluster);
const cluster = new k8s.Provider("cluster", {
  kubeconfig: settings.cluster.kubeconfig,
  context: settings.cluster.context,
  clusterIdentifier: expected.identifier,
  enableConfigMapMutable: true,
  enableSecretMutable: true,
  // the next update overwrites manual changes, where a conflict would end it
  enablePatchForce: true,
});
const mark = new StackMark("stack-mark");
const on = { provider: cluster, transformations: [mark.transformation] };

const namespace = new Namespace("namespace", { ...settings.namespace, dataProtection }, on);
const revisions = new Revisions("revisions", on);
const platform = { namespace: namespace.name, images, dataProtection, revisions, caBundle };

// data services
const nats = new Nats("nats", { ...platform, ...settings.nats, password: passwords.nats }, on);
const redis = new Redis("redis", { ...platform, ...settings.redis, password: passwords.redis }, on);
const graph = knowledgeGraphScript(learning);
const database = new SurrealDb(
  "surrealdb",
  { ...platform, ...settings.surrealdb, password: passwords.surrealdb, graph },
  on,
);
const knowledgeGraph = new KnowledgeGraph("knowledge-graph", { ...platform, database, script: graph }, on);
const secrets = new PlatformSecrets("secrets", { ...platform, database, apiKeys }, on);
const surrealdb = secrets.database;
const models = { apiKeys: secrets.apiKeys, proxy };

// services, each with what it calls
const llmRouter = new LlmRouter(
  "llm-router",
  { ...platform, ...settings.llmRouter, ...models, calls: traffic.calls("llmRouter", { redis, surrealdb }) },
  on,
);
const mcpGateway = new McpGateway(
  "mcp-gateway",
  { ...platform, ...settings.mcpGateway, calls: traffic.calls("mcpGateway", { nats, surrealdb }) },
  on,
);
const backend = new Backend(
  "backend",
  {
    ...platform,
    ...settings.backend,
    calls: traffic.calls("backend", { nats, redis, surrealdb, llmRouter, mcpGateway }),
  },
  on,
);
const frontend = new Frontend(
  "frontend",
  { ...platform, ...settings.frontend, calls: traffic.calls("frontend", { backend }) },
  on,
);
const agents = new Agents(
  "agents",
  {
    ...platform,
    ...settings.agents,
    ...models,
    learning,
    // agents start only after the knowledge graph has been imported
    calls: traffic.calls("agents", {
      nats,
      surrealdb: { ...surrealdb, startFirst: knowledgeGraph },
      llmRouter,
      mcpGateway,
    }),
  },
  on,
);

// around them
const services = { backend, frontend, agents, llmRouter, mcpGateway };
const dataServices = { nats, redis, surrealdb: database };
const jobs = { rotation: database.rotation, knowledgeGraph: knowledgeGraph.job };
const others = { ...jobs, providers: modelProviders(settings.providers, proxy) };
new NetworkPolicies(
  "network",
  { ...network, namespace: namespace.name, table: traffic.table, parties: { ...services, ...dataServices, ...others } },
  on,
);
const users = [...Object.values(services), ...Object.values(dataServices), knowledgeGraph];
new Quota("quota", { namespace: namespace.name, quota: settings.quota, users }, on);

export = contract({ ...settings, namespace, services, dataServices, secrets: secrets.references });
