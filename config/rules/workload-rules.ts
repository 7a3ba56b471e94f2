/** Rules between values of what runs: pods, sizes, folders, time. */
import { durationSeconds } from "../schema/duration";
import { parseQuantity } from "../schema/quantity";
import { DATA_SERVICES } from "../schema/data-services";
import { CLAIMING, MOUNTS, SERVICES } from "../schema/services";
import type { Right, Rule } from "./rule";

/**
 * ReadWriteOnce is per node: several pods of one Deployment on such a claim share it by luck on one node and
 * hang on several.
 */
export const oneReplicaPerReadWriteOnceClaim: Rule = (settings) =>
  CLAIMING.flatMap((key) => {
    const service = settings[key];
    if (service === undefined) return [];
    const { storage, autoscaling, replicas = 0 } = service;
    const pods = autoscaling?.maxReplicas ?? replicas;
    if (pods <= 1 || storage.mode !== "shared" || storage.accessMode === "ReadWriteMany") return [];
    const ways =
      `Either set ${key}.storage.accessMode to ReadWriteMany (and a storage class that offers it), give each replica ` +
      `a claim of its own (${key}.storage.mode perReplica), or run one replica`;
    return autoscaling === undefined
      ? {
          path: [key, "replicas"],
          message: `must be 1 with a ReadWriteOnce claim: ${String(pods)} replicas cannot share it. ${ways}`,
          remedy: "1",
        }
      : {
          path: [key, "autoscaling"],
          message: `must not stand beside a shared ReadWriteOnce claim: ${String(pods)} replicas cannot share it. ${ways}`,
        };
  });

/** Without a number nothing runs; beside an autoscaler it would be set back at every deployment. */
export const replicasOrAutoscaling: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const service = settings[key];
    if (service === undefined || (service.replicas === undefined) !== (service.autoscaling === undefined)) return [];
    return service.replicas === undefined
      ? { path: [key, "replicas"], message: `is missing, and so is ${key}.autoscaling`, remedy: "1" }
      : { path: [key, "replicas"], message: `must not stand beside ${key}.autoscaling, which decides it` };
  });

/** An autoscaler without room or without a measure never scales. */
export const autoscalingCanScale: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const autoscaling = settings[key]?.autoscaling;
    if (autoscaling === undefined) return [];
    const { minReplicas, maxReplicas, cpuUtilization, memoryUtilization } = autoscaling;
    return [
      ...(minReplicas < maxReplicas
        ? []
        : [
            {
              path: [key, "autoscaling", "maxReplicas"],
              message: `must be above ${key}.autoscaling.minReplicas, which is ${String(minReplicas)}`,
              remedy: String(Math.min(minReplicas + 1, 1000)),
            },
          ]),
      ...(cpuUtilization !== undefined || memoryUtilization !== undefined
        ? []
        : [
            {
              path: [key, "autoscaling", "cpuUtilization"],
              message: "is missing, and so is memoryUtilization: one of the two is needed",
              remedy: "75",
            },
          ]),
    ];
  });

/** A folder that is gone with its pod is no claim. */
export const ephemeralIsNoClaim: Rule = ({ llmRouter }) => {
  if (llmRouter?.storage.mode !== "ephemeral") return [];
  return (["accessMode", "storageClass"] as const)
    .filter((key) => llmRouter.storage[key] !== undefined)
    .map((key) => ({
      path: ["llmRouter", "storage", key],
      message: "must not stand beside llmRouter.storage.mode ephemeral, which makes no claim",
    }));
};

/** The server alone takes up to 300 MiB; below this it is killed for memory under writes. */
const DATABASE_MEMORY = "512Mi";

/** A database with too little memory starts, and is killed once it is written to. */
export const databaseHasRoom: Rule = ({ surrealdb }) => {
  if (surrealdb === undefined || !("resources" in surrealdb)) return [];
  const { memory } = surrealdb.resources.limits;
  if (parseQuantity(memory) >= parseQuantity(DATABASE_MEMORY)) return [];
  return [
    {
      path: ["surrealdb", "resources", "limits", "memory"],
      message: `must be at least ${DATABASE_MEMORY}, which SurrealDB needs; it is ${memory}`,
      remedy: DATABASE_MEMORY,
    },
  ];
};

/** The API server refuses a pod that requests more than it may use; a Deployment with such pods never starts one. */
export const requestsWithinLimits: Rule = (settings) =>
  [...DATA_SERVICES, ...SERVICES].flatMap((key) => {
    const workload = settings[key];
    if (workload === undefined || !("resources" in workload)) return [];
    const { requests, limits } = workload.resources;
    return (["cpu", "memory", "ephemeralStorage"] as const).flatMap((amount) => {
      const [request, limit] = [requests[amount], limits[amount]];
      if (request === undefined || limit === undefined || parseQuantity(request) <= parseQuantity(limit)) return [];
      return {
        path: [key, "resources", "requests", amount],
        message: `must not be above ${key}.resources.limits.${amount}, which is ${limit}`,
        remedy: limit,
      };
    });
  });

/** What lies in folders of the pod counts against the limit: a pod is evicted before they are full. */
export const scratchWithinEphemeralStorage: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const service = settings[key];
    const limit = service?.resources.limits.ephemeralStorage;
    if (service === undefined || limit === undefined) return [];
    const sum = folderSizes(key, settings)
      .map(parseQuantity)
      .reduce((total, size) => total + size, 0);
    if (sum <= parseQuantity(limit)) return [];
    const megabytes = `${String(Math.ceil(sum / 2 ** 20))}Mi`;
    return {
      path: [key, "resources", "limits", "ephemeralStorage"],
      message: `must not be below the folders of the pod together (${key}.scratch and an ephemeral volume), which is ${megabytes}; it is ${limit}`,
      remedy: megabytes,
    };
  });

/** Delay and drain are part of the grace period: what ends later is killed. */
export const graceAboveDelay: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const { delay, drain, gracePeriod } = settings[key]?.shutdown ?? {};
    const [delayed, drained, grace] = [delay, drain, gracePeriod].map((text) => durationSeconds(text ?? ""));
    if (delayed === undefined || drained === undefined || grace === undefined || grace > delayed + drained) return [];
    return {
      path: [key, "shutdown", "gracePeriod"],
      message: `must be longer than ${key}.shutdown.delay and .drain together, which is ${String(delayed + drained)}s`,
      remedy: `${String(delayed + drained + 5)}s`,
    };
  });

/** Two mounts in one place hide each other. */
export const mountsApart: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const paths = Object.keys(settings[key]?.scratch ?? {});
    return paths.flatMap((path) => {
      const others = [...MOUNTS[key], ...paths.filter((other) => other !== path)];
      const covered = others.find((other) => isWithin(path, other) || isWithin(other, path));
      if (covered === undefined) return [];
      return { path: [key, "scratch", path], message: `must not overlap with ${covered}, which is mounted as well` };
    });
  });

/** The API server refuses a toleration that matches by value and names no key, or by key alone and names a value. */
export const tolerationsComplete: Rule = (settings) =>
  [...SERVICES, ...DATA_SERVICES].flatMap((name) => {
    const workload = settings[name];
    const tolerations = workload !== undefined && "tolerations" in workload ? (workload.tolerations ?? []) : [];
    return tolerations.flatMap(({ key, operator, value }, index) => {
      const path = [name, "tolerations", index];
      if (operator === "Equal" && key === undefined) {
        return { path: [...path, "operator"], message: "must be Exists without a key", remedy: "Exists" };
      }
      if (operator === "Exists" && value !== undefined) {
        return { path: [...path, "value"], message: "must not stand beside the operator Exists" };
      }
      return [];
    });
  });

/** Sizes of the folders that are part of a service's pod. */
function folderSizes(key: (typeof SERVICES)[number], settings: Right): string[] {
  const { scratch = {}, ...service } = settings[key] ?? {};
  const storage = "storage" in service ? service.storage : undefined;
  return [...Object.values(scratch), ...(storage?.mode === "ephemeral" ? [storage.size] : [])];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
