/** Objects of every kind, each with an edit: what the provider makes of it is asked of the provider. */
import type { Json } from "../../tools/recording/recording";

type Inputs = Readonly<Record<string, Json>>;

/** An object of the fixture `objects`. */
export interface Listed {
  readonly type: string;
  readonly name: string;
  readonly inputs: Inputs;
  readonly version?: string;
}

/** One object before and after; none on a side where it comes or goes. */
export interface Edit {
  readonly name: string;
  readonly before?: Listed;
  readonly after?: Listed;
  /** What becomes of it, where that is known without asking. */
  readonly expected: string;
}

const NAMES = { app: "edited", more: "yes" };
const POD = {
  containers: [{ name: "main", image: "example.com/main:1" }],
  nodeSelector: { "example.com/none": "none" },
};
const template = (spec: Inputs = {}): Inputs => ({ metadata: { labels: NAMES }, spec: { ...POD, ...spec } });
const scratch = (sizeLimit: string): Inputs => template({ volumes: [{ name: "scratch", emptyDir: { sizeLimit } }] });
const selector = (labels: Inputs = NAMES): Inputs => ({ matchLabels: labels });
const size = (storage: string): Inputs => ({ resources: { requests: { storage } } });
const claimSpec = (rest: Inputs = {}): Inputs => ({ accessModes: ["ReadWriteOnce"], ...size("1Gi"), ...rest });
const claimTemplates = (rest: Inputs = {}, labels: Inputs = {}): Json => [
  { metadata: { name: "data", labels }, spec: claimSpec(rest) },
];
const deployment = (rest: Inputs = {}): Inputs => ({
  spec: { replicas: 0, selector: selector(), template: template(), ...rest },
});
const set = (rest: Inputs = {}): Inputs => ({
  spec: { replicas: 0, serviceName: "none", selector: selector(), template: template(), ...rest },
});
const daemon = (rest: Inputs = {}): Inputs => ({ spec: { selector: selector(), template: template(), ...rest } });
const job = (rest: Inputs = {}): Inputs => ({
  spec: { suspend: true, template: template({ restartPolicy: "Never" }), ...rest },
});
const cronJob = (rest: Inputs = {}): Inputs => ({
  spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: job(), ...rest },
});
const service = (rest: Inputs = {}): Inputs => ({
  spec: { selector: NAMES, ports: [{ name: "a", port: 80 }], ...rest },
});
const binding = (name: string, rest: Inputs = {}): Inputs => ({
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
  subjects: [{ kind: "User", name: "nobody", apiGroup: "rbac.authorization.k8s.io" }],
  ...rest,
});
const ingress = (host: string): Inputs => ({
  spec: {
    ingressClassName: "none",
    rules: [
      {
        host,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "none", port: { number: 80 } } } }],
        },
      },
    ],
  },
});
const scaler = (maxReplicas: number): Inputs => ({
  spec: {
    maxReplicas,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" },
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
  },
});
const range = (cpu: string): Inputs => ({ spec: { limits: [{ type: "Container", max: { cpu } }] } });

/** What cannot change in place: kind, and two values of it. Each is tried in both directions. */
const REPLACED: readonly (readonly [what: string, type: string, a: Inputs, b: Inputs])[] = [
  ["name", "core/v1:ConfigMap", { metadata: { name: "name-a" } }, { metadata: { name: "name-b" } }],
  ["namespace", "core/v1:ConfigMap", {}, { metadata: { namespace: "default" } }],
  ["selector", "apps/v1:Deployment", deployment(), deployment({ selector: selector({ app: "edited" }) })],
  ["selector", "apps/v1:DaemonSet", daemon(), daemon({ selector: selector({ app: "edited" }) })],
  ["selector", "apps/v1:StatefulSet", set(), set({ selector: selector({ app: "edited" }) })],
  ["service-name", "apps/v1:StatefulSet", set(), set({ serviceName: "other" })],
  [
    "management",
    "apps/v1:StatefulSet",
    set({ podManagementPolicy: "Parallel" }),
    set({ podManagementPolicy: "OrderedReady" }),
  ],
  ["management-comes", "apps/v1:StatefulSet", set(), set({ podManagementPolicy: "Parallel" })],
  ["history", "apps/v1:StatefulSet", set({ revisionHistoryLimit: 3 }), set({ revisionHistoryLimit: 5 })],
  ["history-comes", "apps/v1:StatefulSet", set(), set({ revisionHistoryLimit: 5 })],
  ["templates-come", "apps/v1:StatefulSet", set(), set({ volumeClaimTemplates: claimTemplates() })],
  [
    "template-size",
    "apps/v1:StatefulSet",
    set({ volumeClaimTemplates: claimTemplates() }),
    set({ volumeClaimTemplates: claimTemplates(size("2Gi")) }),
  ],
  [
    "template-labels",
    "apps/v1:StatefulSet",
    set({ volumeClaimTemplates: claimTemplates({}, { a: "1" }) }),
    set({ volumeClaimTemplates: claimTemplates({}, { a: "2" }) }),
  ],
  [
    "modes",
    "core/v1:PersistentVolumeClaim",
    { spec: claimSpec() },
    { spec: claimSpec({ accessModes: ["ReadWriteMany"] }) },
  ],
  [
    "class",
    "core/v1:PersistentVolumeClaim",
    { spec: claimSpec({ storageClassName: "a" }) },
    { spec: claimSpec({ storageClassName: "b" }) },
  ],
  [
    "class-comes",
    "core/v1:PersistentVolumeClaim",
    { spec: claimSpec() },
    { spec: claimSpec({ storageClassName: "b" }) },
  ],
  [
    "volume",
    "core/v1:PersistentVolumeClaim",
    { spec: claimSpec({ volumeName: "a" }) },
    { spec: claimSpec({ volumeName: "b" }) },
  ],
  [
    "claim-selector",
    "core/v1:PersistentVolumeClaim",
    { spec: claimSpec({ selector: selector() }) },
    { spec: claimSpec({ selector: selector({ app: "edited" }) }) },
  ],
  ["completions", "batch/v1:Job", job({ completions: 1 }), job({ completions: 2 })],
  ["parallelism", "batch/v1:Job", job({ parallelism: 1 }), job({ parallelism: 2 })],
  ["template", "batch/v1:Job", job(), job({ template: template({ restartPolicy: "OnFailure" }) })],
  ["headless", "core/v1:Service", service(), service({ clusterIP: "None" })],
  ["role", "rbac.authorization.k8s.io/v1:RoleBinding", binding("view"), binding("edit")],
  ["role", "rbac.authorization.k8s.io/v1:ClusterRoleBinding", binding("none-a"), binding("none-b")],
  [
    "scopes",
    "core/v1:ResourceQuota",
    { spec: { hard: { pods: "99" }, scopes: ["BestEffort"] } },
    { spec: { hard: { pods: "99" }, scopes: ["NotBestEffort"] } },
  ],
  ["provisioner", "storage.k8s.io/v1:StorageClass", { provisioner: "example.com/a" }, { provisioner: "example.com/b" }],
  [
    "parameters",
    "storage.k8s.io/v1:StorageClass",
    { provisioner: "example.com/a", parameters: { a: "1" } },
    { provisioner: "example.com/a", parameters: { a: "2" } },
  ],
  ["type", "core/v1:Secret", { type: "example.com/a", stringData: {} }, { type: "example.com/b", stringData: {} }],
  ["data", "core/v1:Secret", { immutable: true, stringData: { a: "1" } }, { immutable: true, stringData: { a: "2" } }],
  ["data", "core/v1:ConfigMap", { immutable: true, data: { a: "1" } }, { immutable: true, data: { a: "2" } }],
  [
    "binary",
    "core/v1:ConfigMap",
    { immutable: true, binaryData: { a: "YQ==" } },
    { immutable: true, binaryData: { a: "Yg==" } },
  ],
];

/** What changes in place, by kind; also tried with other labels alone, and as what comes and what goes. */
const UPDATED: readonly (readonly [expected: string, type: string, a: Inputs, b: Inputs])[] = [
  ["in-place", "apps/v1:Deployment", deployment(), deployment({ minReadySeconds: 3 })],
  [
    "rolls",
    "apps/v1:Deployment",
    deployment({ replicas: 1 }),
    deployment({ replicas: 1, template: template({ priority: 0 }) }),
  ],
  ["in-place", "apps/v1:StatefulSet", set(), set({ minReadySeconds: 3 })],
  ["rolls", "apps/v1:DaemonSet", daemon(), daemon({ template: template({ hostname: "other" }) })],
  ["in-place", "batch/v1:Job", job(), job({ activeDeadlineSeconds: 99 })],
  ["in-place", "batch/v1:CronJob", cronJob(), cronJob({ schedule: "0 0 2 1 *" })],
  ["in-place", "core/v1:Service", service(), service({ publishNotReadyAddresses: true })],
  ["in-place", "core/v1:ConfigMap", { data: { a: "1" } }, { data: { a: "2", b: "1" } }],
  ["in-place", "core/v1:Secret", { stringData: { a: "1" } }, { stringData: { a: "2", b: "1" } }],
  [
    "in-place",
    "core/v1:ServiceAccount",
    { automountServiceAccountToken: true },
    { automountServiceAccountToken: false },
  ],
  ["in-place", "core/v1:ResourceQuota", { spec: { hard: { pods: "98" } } }, { spec: { hard: { pods: "99" } } }],
  ["in-place", "core/v1:LimitRange", range("98"), range("99")],
  [
    "in-place",
    "policy/v1:PodDisruptionBudget",
    { spec: { maxUnavailable: 1, selector: selector() } },
    { spec: { maxUnavailable: 2, selector: selector() } },
  ],
  [
    "in-place",
    "networking.k8s.io/v1:NetworkPolicy",
    { spec: { podSelector: {}, policyTypes: ["Ingress"] } },
    { spec: { podSelector: selector(), policyTypes: ["Ingress"] } },
  ],
  ["in-place", "networking.k8s.io/v1:Ingress", ingress("a.example.com"), ingress("b.example.com")],
  ["in-place", "autoscaling/v2:HorizontalPodAutoscaler", scaler(2), scaler(3)],
  [
    "in-place",
    "rbac.authorization.k8s.io/v1:Role",
    { rules: [] },
    { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  ],
  ["in-place", "rbac.authorization.k8s.io/v1:RoleBinding", binding("view"), binding("view", { subjects: [] })],
];

const CLUSTER_WIDE = ["ClusterRoleBinding", "StorageClass"];

/** Amounts in another way of writing: kind, and both of it. */
const SAME: readonly (readonly [type: string, a: Inputs, b: Inputs])[] = [
  ["core/v1:LimitRange", range("29750m"), range("29.75")],
  [
    "core/v1:ResourceQuota",
    { spec: { hard: { "requests.cpu": "97000m" } } },
    { spec: { hard: { "requests.cpu": "97" } } },
  ],
  ["core/v1:PersistentVolumeClaim", { spec: claimSpec() }, { spec: claimSpec(size("1024Mi")) }],
  ["apps/v1:Deployment", deployment({ template: scratch("1Gi") }), deployment({ template: scratch("1024Mi") })],
  [
    "apps/v1:StatefulSet",
    set({ volumeClaimTemplates: claimTemplates() }),
    set({ volumeClaimTemplates: claimTemplates(size("1024Mi")) }),
  ],
];

/** Every edit, for objects in a namespace. `prefix` keeps names of those in none apart from others'. */
export function edits(namespace: string, prefix: string): Edit[] {
  const list = (type: string, name: string, inputs: Inputs): Listed => {
    const [group = "", kind = ""] = type.split(":");
    const metadata = {
      name: `${prefix}-${name}`,
      ...(CLUSTER_WIDE.includes(kind) ? {} : { namespace }),
      annotations: { "pulumi.com/skipAwait": "true" },
      ...(inputs.metadata as Inputs | undefined),
    };
    const apiVersion = group.replace(/^core\//, "");
    return { type: `kubernetes:${type}`, name, inputs: { apiVersion, kind, ...inputs, metadata } };
  };
  const edit = (expected: string, type: string, label: string, before?: Inputs, after?: Inputs): Edit => {
    const name = `${type.split(":").at(-1)?.toLowerCase() ?? ""}-${label}`;
    const side = (inputs?: Inputs): Listed | undefined => inputs && list(type, name, inputs);
    return { name, before: side(before), after: side(after), expected };
  };
  const labelled = (inputs: Inputs): Inputs => ({ ...inputs, metadata: { labels: { another: "label" } } });
  const replaced = REPLACED.flatMap(([what, type, a, b]) => [
    edit("replaced", type, `${what}-there`, a, b),
    edit("replaced", type, `${what}-back`, b, a),
  ]);
  const updated = UPDATED.flatMap(([expected, type, a, b]) => [
    edit(expected, type, `${expected}-there`, a, b),
    edit(expected, type, `${expected}-back`, b, a),
    edit("metadata", type, `${expected}-labels`, a, labelled(a)),
    edit("unchanged", type, `${expected}-same`, a, a),
    edit("deleted", type, `${expected}-gone`, a),
    edit("created", type, `${expected}-new`, undefined, a),
  ]);
  const same = SAME.map(([type, a, b]) => edit("unchanged", type, "amount", a, b));
  return [...replaced, ...updated, ...same, ...dependents(list), ...random()];
}

/** Workloads over a claim that is replaced. */
function dependents(list: (type: string, name: string, inputs: Inputs) => Listed): Edit[] {
  const volumes = (claim: string): Json => [{ name: "data", persistentVolumeClaim: { claimName: `ref:${claim}` } }];
  const claim = (name: string, storageClassName: string): Listed =>
    list("core/v1:PersistentVolumeClaim", name, { spec: claimSpec({ storageClassName }) });
  const over = (of: string): Listed[] => [
    list("apps/v1:Deployment", `deployment-over-${of}`, deployment({ template: template({ volumes: volumes(of) }) })),
    list("apps/v1:StatefulSet", `statefulset-over-${of}`, set({ template: template({ volumes: volumes(of) }) })),
    list(
      "batch/v1:CronJob",
      `cronjob-over-${of}`,
      cronJob({ jobTemplate: job({ template: template({ restartPolicy: "Never", volumes: volumes(of) }) }) }),
    ),
  ];
  const same = (made: Listed, expected: string): Edit => ({ name: made.name, before: made, after: made, expected });
  return [
    { name: "claim-other", before: claim("claim-other", "a"), after: claim("claim-other", "b"), expected: "replaced" },
    ...over("claim-other").map((made) => same(made, made.type.includes("CronJob") ? "unchanged" : "replaced")),
    same(claim("claim-same", "a"), "unchanged"),
    ...over("claim-same").map((made) => same(made, "unchanged")),
  ];
}

function random(): Edit[] {
  const made = (name: string, length: number): Listed => ({
    type: "random:index/randomPassword:RandomPassword",
    name,
    inputs: { length },
    version: "4.21.2",
  });
  return [
    {
      name: "password-longer",
      before: made("password-longer", 10),
      after: made("password-longer", 20),
      expected: "replaced",
    },
    {
      name: "password-same",
      before: made("password-same", 10),
      after: made("password-same", 10),
      expected: "unchanged",
    },
    { name: "password-gone", before: made("password-gone", 10), expected: "deleted" },
  ];
}
