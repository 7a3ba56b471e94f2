/** VAPORA on Kubernetes: one `new` per box, who uses whom, and the stack's outputs. */
import * as k8s from "@pulumi/kubernetes";
import { Agents } from "./components/agents";
import { Backend } from "./components/backend";
import { Frontend } from "./components/frontend";
import { LlmRouter } from "./components/llm-router";
import { McpGateway } from "./components/mcp-gateway";
import { Namespace } from "./components/namespace";
import { Nats } from "./components/nats";
import { PlatformSecrets } from "./components/platform-secrets";
import { Redis } from "./components/redis";
import { Revisions } from "./components/revisions";
import { SurrealDb } from "./components/surrealdb";
import { loadSettings } from "./config";
import { contract } from "./outputs";

const settings = loadSettings();
const { dataProtection, images } = settings;
const { apiKeys, passwords } = settings.secrets;

const cluster = new k8s.Provider("cluster", {
  kubeconfig: settings.cluster.kubeconfig,
  context: settings.cluster.context,
  clusterIdentifier: settings.cluster.identifier,
  enableConfigMapMutable: true,
  enableSecretMutable: true,
});
const on = { provider: cluster };

const namespace = new Namespace("namespace", { ...settings.namespace, dataProtection }, on);
const revisions = new Revisions("revisions", on);
const platform = { namespace: namespace.name, images, dataProtection, revisions };

// data services
const nats = new Nats("nats", { ...platform, ...settings.nats, password: passwords.nats }, on);
const redis = new Redis("redis", { ...platform, ...settings.redis, password: passwords.redis }, on);
const database = new SurrealDb("surrealdb", { ...platform, ...settings.surrealdb, password: passwords.surrealdb }, on);
const secrets = new PlatformSecrets("secrets", { ...platform, database, apiKeys }, on);

// services, each with what it uses
const backend = new Backend("backend", { ...platform, ...settings.backend, nats, redis, database, secrets }, on);
const frontend = new Frontend("frontend", { ...platform, ...settings.frontend, backend }, on);
const agents = new Agents("agents", { ...platform, ...settings.agents, nats, database, secrets }, on);
const llmRouter = new LlmRouter("llm-router", { ...platform, ...settings.llmRouter, redis, database, secrets }, on);
const mcpGateway = new McpGateway("mcp-gateway", { ...platform, ...settings.mcpGateway, nats, database, secrets }, on);

export = contract({
  namespace,
  services: { backend, frontend, agents, llmRouter, mcpGateway },
  dataServices: { nats, redis, surrealdb: database },
});
