/** Faults between values of what runs: each is right by itself. One kind for every rule, by its name. */
import { DATA_SERVICES } from "../../config/schema/data-services";
import { CLAIMING, SERVICES } from "../../config/schema/services";
import type { Fault, Path } from "./stack-faults";
import type { Section, Value } from "./stack-values";

const AUTOSCALING = { minReplicas: 2, maxReplicas: 4, cpuUtilization: 75 };
/** Where the program mounts something itself. */
const MOUNTS: Readonly<Record<string, string>> = {
  backend: "/etc/vapora",
  frontend: "/etc/vapora-ca",
  agents: "/var/vapora/agent-state",
  llmRouter: "/routing-cache",
  mcpGateway: "/plugins",
};

/** Every fault of this kind that fits a valid stack. */
export function workloadFaults(config: Section): Fault[] {
  const bundled = DATA_SERVICES.filter((key) => !("external" in (config[key] as Section)));
  return [
    ...SERVICES.flatMap((key) => serviceFaults(key, config[key] as Section)),
    ...CLAIMING.flatMap((key) => claimFaults(key, config[key] as Section)),
    ...["accessMode", "storageClass"].map((extra) => ephemeralFault(extra, config.llmRouter as Section)),
    ...(bundled.includes("surrealdb") ? [databaseTooSmall(config.surrealdb as Section)] : []),
    ...[...SERVICES, ...bundled].flatMap((key) => [
      ...requestsAbove(key, config[key] as Section),
      ...tolerationFaults(key, config[key] as Section),
    ]),
  ];
}

/** Replaces whole sections; what must be named lies in one of them. */
export function broken(kind: string, path: Path, sections: Section): Fault {
  return {
    kind,
    path,
    areas: Object.keys(sections).map((key) => [key]),
    plant: ({ config }) => {
      Object.assign(config, structuredClone(sections));
    },
  };
}

/** The section but for some of its keys. */
export function without(section: Section, ...keys: readonly string[]): Section {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)));
}

/** Ends that come before the work is done. */
const TOO_SHORT: readonly Section[] = [
  { delay: "90s", drain: "1m", gracePeriod: "2m30s" },
  { gracePeriod: "35s" },
  { drain: "55s", gracePeriod: "1m" },
];

function serviceFaults(key: string, section: Section): Fault[] {
  const change = (kind: string, path: Path, fields: Section): Fault =>
    broken(kind, [key, ...path], { [key]: { ...section, ...fields } });
  const mount = (folders: Section, path: string): Fault => {
    const { limits, requests } = section.resources as Record<string, Section>;
    const unlimited = (amounts: Section | undefined): Section => without(amounts ?? {}, "ephemeralStorage");
    const resources = { requests: unlimited(requests), limits: unlimited(limits) };
    return change("mountsApart", ["scratch", path], { scratch: folders, resources });
  };
  const amounts = (ephemeralStorage: string): Section => ({ cpu: 1, memory: "1Gi", ephemeralStorage });
  const scaled = (path: Path, autoscaling: Section): Fault =>
    broken("autoscalingCanScale", [key, "autoscaling", ...path], {
      [key]: { ...without(section, "replicas"), autoscaling },
    });
  const own = MOUNTS[key] ?? "";
  return [
    change("scratchWithinEphemeralStorage", ["resources", "limits", "ephemeralStorage"], {
      scratch: { "/tmp": "512Mi", "/run/x": "513Mi" },
      resources: { requests: amounts("1Gi"), limits: amounts("1Gi") },
    }),
    ...TOO_SHORT.map((shutdown) => change("graceAboveDelay", ["shutdown", "gracePeriod"], { shutdown })),
    change("replicasOrAutoscaling", ["replicas"], { replicas: 2, autoscaling: AUTOSCALING }),
    broken("replicasOrAutoscaling", [key, "replicas"], { [key]: without(section, "replicas", "autoscaling") }),
    scaled(["maxReplicas"], { ...AUTOSCALING, maxReplicas: 2 }),
    scaled(["maxReplicas"], { ...AUTOSCALING, maxReplicas: 1 }),
    scaled(["cpuUtilization"], without(AUTOSCALING, "cpuUtilization")),
    mount({ "/a": "1Gi", "/a/b": "1Gi" }, "/a"),
    mount({ [own]: "1Gi" }, own),
    mount({ [`${own}/x`]: "1Gi" }, `${own}/x`),
    mount({ "/etc/vapora-ca": "1Gi" }, "/etc/vapora-ca"),
    ...["DATABASE_URL", "CLAUDE_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"].map((name) =>
      change("noCredentialInEnv", ["env", name], { env: { [name]: "x" } }),
    ),
  ];
}

/** Several pods, and one claim that only one node may mount. */
function claimFaults(key: string, section: Section): Fault[] {
  const plain = without(section, "replicas", "autoscaling");
  const fault = (path: Path, storage: Section, number: Section): Fault =>
    broken("oneReplicaPerReadWriteOnceClaim", [key, ...path], { [key]: { ...plain, storage, ...number } });
  const storages: readonly Section[] = [{ size: "1Gi" }, { size: "1Gi", mode: "shared", accessMode: "ReadWriteOnce" }];
  return storages.flatMap((storage) => [
    fault(["replicas"], storage, { replicas: 2 }),
    fault(["autoscaling"], storage, { autoscaling: { ...AUTOSCALING, minReplicas: 1 } }),
  ]);
}

function ephemeralFault(extra: string, section: Section): Fault {
  const value = { accessMode: "ReadWriteMany", storageClass: "fast" }[extra] ?? "";
  return broken("ephemeralIsNoClaim", ["llmRouter", "storage", extra], {
    llmRouter: { ...section, storage: { mode: "ephemeral", size: "1Gi", [extra]: value } },
  });
}

function tolerationFaults(key: string, section: Section): Fault[] {
  const faults: readonly [string, Section][] = [
    ["operator", { value: "a" }],
    ["operator", { operator: "Equal" }],
    ["value", { key: "a", operator: "Exists", value: "b" }],
  ];
  return faults.map(([field, toleration]) =>
    broken("tolerationsComplete", [key, "tolerations", 1, field], {
      [key]: { ...section, tolerations: [{ operator: "Exists" }, toleration] },
    }),
  );
}

function databaseTooSmall(section: Section): Fault {
  const amounts = { cpu: "1", memory: "511Mi" };
  return broken("databaseHasRoom", ["surrealdb", "resources", "limits", "memory"], {
    surrealdb: { ...section, resources: { limits: amounts, requests: amounts } },
  });
}

function requestsAbove(key: string, section: Section): Fault[] {
  const amounts = { cpu: "1", memory: "9Gi", ephemeralStorage: "9Gi" };
  const more: readonly [string, Value][] = [
    ["cpu", "1001m"],
    ["memory", "10Gi"],
    ["ephemeralStorage", 10 * 2 ** 30],
  ];
  return more.map(([amount, value]) => {
    const resources = { limits: amounts, requests: { ...amounts, [amount]: value } };
    return broken("requestsWithinLimits", [key, "resources", "requests", amount], {
      [key]: { ...without(section, "scratch"), resources },
    });
  });
}
