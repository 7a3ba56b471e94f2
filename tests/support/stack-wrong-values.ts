/** Values that are none of their type, by the place in a stack where the type stands. */
import type { Value } from "./stack-values";

const AMOUNTS = ["", "0", "-1", "lots", "1e3", "2 Gi", "2GB", true];
const TEXTS = ["", 5, true];
const WORKLOAD_VOLUME = "(agents|mcpGateway)\\.storage";

/** Mappings whose keys the stack's author chooses. */
export const MAPPINGS = [
  ...["env", "nodeSelector", "scratch", "settings", "annotations", "podAnnotations", "serviceAccountAnnotations"],
  "taskTypes",
];

/**
 * By type: where values of it stand, and what is none. Places are written with a dot before every key and a star for a
 * key that the author chooses.
 */
export const WRONG_VALUES: Readonly<Record<string, readonly [where: RegExp, values: readonly Value[]]>> = {
  text: [/\.(identifier|context|kubeconfig|environment|log|routingMode|username|version|database)$/, TEXTS],
  storeText: [/\.(remoteKey|property)$/, TEXTS],
  boolean: [/\.(create|dataProtection|tls|enabled|required)$/, ["yes", 1, ""]],
  image: [
    /\.image$/,
    ["a/b", "a/b:latest", "Upper/case:1", "a b:1", "x@sha256:12", "https://r.example.com/a:1", "", "a:1:2"],
  ],
  registry: [/\.registry$/, ["https://r.example.com", "r/", "", "R.example.com"]],
  count: [/\.replicas$/, [-1, 1.5, 1001, "three", true]],
  podCount: [/\.(minReplicas|maxReplicas|pods)$/, [0, -1, 1.5, 1001, "two"]],
  percent: [/\.(cpu|memory)Utilization$/, [0, 101, 1.5, "75%"]],
  headroom: [/\.headroom$/, [-1, 0.5, 1001, "20%"]],
  days: [/\.recency\.(halfLife|window)$/, [0, -1, "", "7d", 3651, true]],
  recencyWeight: [/\.recency\.weight$/, [0, 0.9, "thrice", 1001]],
  share: [/\.weights\.(base|expertise|confidence)$/, [-0.1, 1.1, "", "half", "-1"]],
  executions: [/\.(fullConfidence|historyLimit)$/, [0, -1, 1.5, 1_000_001, "100"]],
  fallback: [/\.fallback$/, ["random", "", "Load"]],
  words: [/\.taskTypes\.\*$/, [[], ["a", "a"], "code"]],
  syncInterval: [/\.syncInterval$/, ["", "never", "0s", "6m", 10]],
  maxmemoryPolicy: [/\.maxmemoryPolicy$/, ["lru", "", "NoEviction"]],
  urlForm: [/\.urlForm$/, ["url", "", "WS"]],
  servers: [/^\.nats\.servers$/, [0, 2, 5, "3"]],
  uid: [/\.runAs\.(user|group)$/, [0, -1, 1.5, 2_147_483_648, "root"]],
  rotations: [/\.(rotations\.user|rotations\.root)$/, [-1, 0.5, 1_000_001, "1"]],
  cpu: [/\.cpu$/, [...AMOUNTS, "2Gi", "500u", "0.1m", -1]],
  bytes: [/\.(memory|ephemeralStorage|size|scratch\.\*)$/, [...AMOUNTS, "1Ki", "500m", "16Ei", 1]],
  objectUid: [/\.kubeSystemUid$/, ["vapora-prod", "6F1C9A52-7D0E-4B3A-9C55-2F8E4D7B1A90", "", 5]],
  dnsLabel: [
    /\.(namespace\.name|controllerNamespace|(dns|monitoring|gateway)\.namespace)$/,
    ["Vapora", "a.b", "-a", "x".repeat(64), ""],
  ],
  tlsListener: [/\.listener$/, ["http", "web", "Https", "https.a", ""]],
  dnsName: [
    /\.(host|storageClass|existingSecret\.name|store|(priority|runtime)ClassName|className|tlsSecret|gateway\.name|configMap)$/,
    ["Fast_SSD", "a..b", "a_b", "", ".a"],
  ],
  port: [/\.port$/, [0, 65_536, 1.5, "http"]],
  ranges: [/\.ranges$/, [[], "10.0.0.0/8"]],
  secretKey: [/\.(existingSecret|caBundle)\.key$/, ["", "..", "a/b", "a b", "x".repeat(254)]],
  duration: [/\.(delay|drain|gracePeriod|refreshInterval)$/, ["", "0s", "25h", "30", 30, "1d", "1m1h", "-1s"]],
  stabilization: [/\.stabilization$/, ["", "0s", "1h1s", "60", 60]],
  accessMode: [/\.accessMode$/, ["ReadWriteSometimes", "readwriteonce", ""]],
  mode: [/\.storage\.mode$/, ["own", "Shared", ""]],
  volumeMode: [new RegExp(`\\.${WORKLOAD_VOLUME}\\.mode$`), ["ephemeral"]],
  storeKind: [/\.storeKind$/, ["Store", ""]],
  httpPath: [/\.readinessPath$/, ["ready", "", "/a b", "/a?b", 5]],
  operator: [/\.tolerations\.\d+\.operator$/, ["equal", ""]],
  effect: [/\.tolerations\.\d+\.effect$/, ["NoRun", ""]],
  tolerationKey: [/\.tolerations\.\d+\.key$/, ["a b", "-a", ""]],
  labelValue: [/\.(nodeSelector\.\*|tolerations\.\d+\.value)$/, ["a b", "-a", "a".repeat(64)]],
  noProvider: [/^\.providers$/, ["nobody", ""]],
  list: [/\.(pullSecrets|noProxy)$/, ["login"]],
  set: [/\.pullSecrets$/, [["a", "a"]]],
};

/** By list: items that cannot be one. */
export const WRONG_ITEMS: Readonly<Record<string, readonly Value[]>> = {
  ranges: ["10.0.0.0", "10.0.0.0/33", "10.0.0.256/8", "10.0.0.1/8", "fe80::/10", 8],
  pullSecrets: ["A_B", "", 1],
  noProxy: ["a b", "..", "*.example.com", "10.0.0.0/33", 1],
  tolerations: ["workload", null, ["workload"]],
};

const NO_LABEL_KEYS = ["a b", "a/b/c", "-a", "A.b/-c"];

/** By mapping: keys that cannot be one, and a value that could stand there. */
export const WRONG_KEYS: Readonly<Record<string, readonly [keys: readonly string[], value: Value]>> = {
  env: [["NOT-A-NAME", "1X", "A B"], "x"],
  nodeSelector: [NO_LABEL_KEYS, "x"],
  podAnnotations: [NO_LABEL_KEYS, "x"],
  serviceAccountAnnotations: [NO_LABEL_KEYS, "x"],
  annotations: [NO_LABEL_KEYS, "x"],
  scratch: [["tmp", "/tmp/", "/a/../b", "/a b"], "1Gi"],
  settings: [["server", "metrics"], { limit: 1 }],
  taskTypes: [["Coding", "two words", "-a", "a".repeat(64)], ["code"]],
};
