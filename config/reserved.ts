/** Names the program gives itself, which a stack's config must keep clear of. Tests hold them against a recording. */

/** Folders the program mounts, by service. */
export const MOUNTS = {
  backend: ["/etc/vapora"],
  frontend: [],
  agents: ["/var/vapora/agent-state"],
  llmRouter: ["/routing-cache"],
  mcpGateway: ["/plugins"],
} as const;

/** Secrets the program makes or has made. */
export const SECRET_NAMES: readonly string[] = [
  "vapora-secrets",
  "surrealdb-credentials",
  "nats-connection",
  "redis-connection",
  "vapora-claude-api-key",
  "vapora-openai-api-key",
  "vapora-gemini-api-key",
  "vapora-nats-url",
  "vapora-redis-url",
  "vapora-surrealdb-url",
];

/** Environment variables the program fills from Secrets. */
export const SECRET_VARIABLES: readonly string[] = [
  "DATABASE_URL",
  "CLAUDE_API_KEY",
  "OPENAI_API_KEY",
  "GEMINI_API_KEY",
];

/** Namespaces that are there in every cluster. */
export const CLUSTER_NAMESPACES: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];
