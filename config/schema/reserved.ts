/** Names the program gives itself, which a stack's config must keep clear of. Tests hold them against a recording. */

/** Where the certificates of a CA bundle are mounted, in every service. */
export const CA_DIR = "/etc/vapora-ca";

/** The folder that every pod can write to, with its size, whatever else it may write to. */
export const SCRATCH = { "/tmp": "64Mi" } as const;

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
  "DATABASE_USER",
  "DATABASE_PASSWORD",
  "CLAUDE_API_KEY",
  "OPENAI_API_KEY",
  "GEMINI_API_KEY",
];

/** Namespaces that are there in every cluster. */
export const CLUSTER_NAMESPACES: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];
