/** What hands do to a stack on its cluster. */
import { kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";

/** An edit of one object, and what of it is drift. */
export interface HandEdit {
  /** `<kind> <logical name>`. */
  readonly object: string;
  /** Name on the cluster. */
  readonly name: string;
  /** Arguments of `kubectl patch`, without the object. */
  readonly patch: readonly [type: "merge" | "strategic" | "json", body: unknown];
  /** Paths that differ by it. */
  readonly paths: readonly string[];
}

const pod = (body: object): ["strategic", object] => ["strategic", { spec: { template: { spec: body } } }];
const removed = (path: string): ["json", object[]] => ["json", [{ op: "remove", path }]];
const added = (path: string, value: unknown): ["json", object[]] => ["json", [{ op: "add", path, value }]];
const replaced = (path: string, value: unknown): ["json", object[]] => ["json", [{ op: "replace", path, value }]];

/** Twenty over many kinds, each of something the program says. Nothing of them may be shown of a Secret. */
export const EDITS: readonly HandEdit[] = [
  {
    object: "Deployment backend",
    name: "vapora-backend",
    patch: pod({ containers: [{ name: "backend", image: "elsewhere/backend:9" }] }),
    paths: ["spec.template.spec.containers[backend].image"],
  },
  {
    object: "Deployment frontend",
    name: "vapora-frontend",
    patch: ["merge", { spec: { replicas: 3 } }],
    paths: ["spec.replicas"],
  },
  {
    object: "Deployment agents",
    name: "vapora-agents",
    patch: removed("/spec/template/spec/containers/0/env/0"),
    paths: ["spec.template.spec.containers[agents].env[RUST_LOG]"],
  },
  {
    object: "Deployment llm-router",
    name: "vapora-llm-router",
    patch: pod({ containers: [{ name: "router", resources: { limits: { memory: "1Gi", cpu: "600m" } } }] }),
    paths: ["cpu", "memory"].map((name) => `spec.template.spec.containers[router].resources.limits.${name}`),
  },
  {
    object: "StatefulSet nats",
    name: "nats",
    patch: pod({ containers: [{ name: "nats", securityContext: { capabilities: { drop: ["NET_RAW"] } } }] }),
    paths: ["spec.template.spec.containers[nats].securityContext.capabilities.drop[0]"],
  },
  {
    object: "StatefulSet surrealdb",
    name: "surrealdb",
    patch: pod({ terminationGracePeriodSeconds: 3 }),
    paths: ["spec.template.spec.terminationGracePeriodSeconds"],
  },
  {
    object: "Service backend-service",
    name: "vapora-backend",
    patch: replaced("/spec/ports/0/targetPort", 1),
    paths: ["spec.ports[http].targetPort"],
  },
  {
    object: "Service redis-0-service",
    name: "redis-0",
    patch: ["merge", { spec: { selector: { app: "another-redis" } } }],
    paths: ["spec.selector.app"],
  },
  {
    object: "Service frontend-service",
    name: "vapora-frontend",
    patch: ["merge", { spec: { type: "NodePort" } }],
    paths: ["spec.type"],
  },
  {
    object: "ConfigMap backend-config",
    name: "vapora-backend-config",
    patch: ["merge", { data: { "vapora.toml": "[server]\nport = 1\n" } }],
    paths: ['data["vapora.toml"]'],
  },
  {
    object: "ConfigMap agents-config",
    name: "vapora-agents-config",
    patch: removed("/data"),
    paths: ["data"],
  },
  {
    object: "Secret secrets",
    name: "vapora-secrets",
    patch: ["merge", { stringData: { "database-url": "ws://written-by-hand" } }],
    paths: ["data.database-url"],
  },
  {
    object: "NetworkPolicy network-redis",
    name: "redis",
    patch: removed("/spec/ingress/1"),
    paths: ["spec.ingress[1]"],
  },
  {
    object: "NetworkPolicy network-nats",
    name: "nats",
    patch: replaced("/spec/policyTypes", ["Ingress"]),
    paths: ["spec.policyTypes[1]"],
  },
  {
    object: "ServiceAccount agents-service-account",
    name: "vapora-agents",
    patch: ["merge", { automountServiceAccountToken: true }],
    paths: ["automountServiceAccountToken"],
  },
  {
    object: "PersistentVolumeClaim redis-data",
    name: "redis-data",
    patch: ["merge", { metadata: { labels: { app: null }, annotations: { "vapora.dev/stack": "another" } } }],
    paths: ['metadata.annotations["vapora.dev/stack"]', "metadata.labels.app"],
  },
  {
    object: "PodDisruptionBudget frontend-disruption-budget",
    name: "vapora-frontend",
    patch: ["merge", { spec: { maxUnavailable: 0 } }],
    paths: ["spec.maxUnavailable"],
  },
  {
    object: "HorizontalPodAutoscaler backend-autoscaler",
    name: "vapora-backend",
    patch: ["merge", { spec: { maxReplicas: 30 } }],
    paths: ["spec.maxReplicas"],
  },
  {
    object: "ResourceQuota quota",
    name: "vapora",
    patch: ["merge", { spec: { hard: { pods: "1000" } } }],
    paths: ["spec.hard.pods"],
  },
  {
    object: "Namespace namespace",
    name: "",
    patch: ["merge", { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } }],
    paths: ['metadata.labels["pod-security.kubernetes.io/enforce"]'],
  },
];

/** Eight objects that are deleted: a workload with its claim, and one of each kind that others need. */
export const DELETED: readonly Pick<HandEdit, "object" | "name">[] = [
  { object: "Deployment mcp-gateway", name: "vapora-mcp-gateway" },
  { object: "PersistentVolumeClaim mcp-gateway-storage", name: "vapora-plugins-pvc" },
  { object: "StatefulSet redis", name: "redis" },
  { object: "Service nats-service", name: "nats" },
  { object: "ConfigMap nats-config", name: "nats-config" },
  { object: "Secret surrealdb-credentials", name: "surrealdb-credentials" },
  { object: "NetworkPolicy network-default-deny", name: "default-deny" },
  { object: "ServiceAccount llm-router-service-account", name: "vapora-llm-router" },
];

/** What others may add beside the program's own: no drift. To be done in the name of {@link SOMEBODY}. */
export const FOREIGN: readonly Pick<HandEdit, "object" | "name" | "patch">[] = [
  {
    object: "Deployment backend",
    name: "vapora-backend",
    patch: ["merge", { metadata: { labels: { "example.com/team": "x" }, annotations: { "example.com/cost": "1" } } }],
  },
  { object: "Namespace namespace", name: "", patch: ["merge", { metadata: { labels: { "example.com/team": "x" } } }] },
  { object: "ConfigMap backend-config", name: "vapora-backend-config", patch: ["merge", { data: { other: "x" } }] },
  { object: "Secret secrets", name: "vapora-secrets", patch: ["merge", { stringData: { other: "x" } }] },
  {
    object: "Deployment llm-router",
    name: "vapora-llm-router",
    patch: pod({ containers: [{ name: "router", env: [{ name: "OTHER", value: "x" }] }] }),
  },
  {
    object: "Service backend-service",
    name: "vapora-backend",
    patch: added("/spec/ports/-", { name: "other", port: 1234 }),
  },
];

/** Added to lists and selectors that count as a whole: drift, in which the Kubernetes provider may see none. */
export const ADDITIONS: readonly HandEdit[] = [
  {
    object: "NetworkPolicy network-vapora-backend",
    name: "vapora-backend",
    patch: added("/spec/ingress/-", {}),
    paths: ["spec.ingress[1]"],
  },
  {
    object: "NetworkPolicy network-default-deny",
    name: "default-deny",
    patch: ["merge", { spec: { podSelector: { matchLabels: { nobody: "x" } } } }],
    paths: ["spec.podSelector.matchLabels"],
  },
  {
    object: "Service frontend-service",
    name: "vapora-frontend",
    patch: ["merge", { spec: { selector: { nobody: "x" } } }],
    paths: ["spec.selector.nobody"],
  },
  {
    object: "StatefulSet nats",
    name: "nats",
    patch: added("/spec/template/spec/containers/0/args/-", "--debug"),
    paths: ["spec.template.spec.containers[nats].args[2]"],
  },
];

/** A claim that was made larger: it can never be put back. */
export const GROWN: HandEdit = {
  object: "PersistentVolumeClaim nats-data",
  name: "nats-data",
  patch: ["merge", { spec: { resources: { requests: { storage: "3Gi" } } } }],
  paths: ["spec.resources.requests.storage"],
};

/** A tool or a controller. What is added with kubectl under its own name goes with the provider's next update. */
export const SOMEBODY = "cost-reports";

/** Does an edit with kubectl. An object without a name is the namespace itself. */
export async function edit(
  cluster: Cluster,
  namespace: string,
  { object, name, patch: [type, body] }: Pick<HandEdit, "object" | "name" | "patch">,
  manager = "kubectl-patch",
): Promise<void> {
  const [kind = ""] = object.split(" ");
  const target = [kind, name === "" ? namespace : name, "--namespace", namespace];
  const args = [`--type=${type}`, `--field-manager=${manager}`, "--patch", JSON.stringify(body)];
  await kubectl(cluster, ["patch", ...target, ...args]);
}
