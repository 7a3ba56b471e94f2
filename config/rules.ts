/** Rules between values. Each names the key to change and every way out. */

import { parseQuantity } from "./quantity";

/** A broken rule: where, and what to do. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  /** A value that would do, for the line to type. */
  readonly remedy: string;
}

interface Claiming {
  readonly replicas: number;
  readonly storage: { readonly accessMode: string };
}

/**
 * ReadWriteOnce is per node: several pods of one Deployment on such a claim share it by luck on one node and
 * hang on several.
 */
export function oneReplicaPerReadWriteOnceClaim(key: string, service: Claiming): Problem[] {
  if (service.replicas <= 1 || service.storage.accessMode === "ReadWriteMany") return [];
  return [
    {
      path: [key, "replicas"],
      message:
        `must be 1 with a ReadWriteOnce claim: ${String(service.replicas)} replicas cannot share it. Either set ` +
        `${key}.storage.accessMode to ReadWriteMany (and a storage class that offers it), or run one replica`,
      remedy: "1",
    },
  ];
}

interface Sized {
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<"cpu" | "memory", string>>>>;
}

/** The API server refuses a pod that requests more than it may use; a Deployment with such pods never starts one. */
export function requestsWithinLimits(key: string, { resources: { requests, limits } }: Sized): Problem[] {
  return (["cpu", "memory"] as const)
    .filter((amount) => parseQuantity(requests[amount]) > parseQuantity(limits[amount]))
    .map((amount) => ({
      path: [key, "resources", "requests", amount],
      message: `must not be above ${key}.resources.limits.${amount}, which is ${limits[amount]}`,
      remedy: limits[amount],
    }));
}

/** Settings as far as the rules look at them: any section may be missing, since it is wrong by itself. */
type Ruled = Partial<
  Readonly<Record<"agents" | "llmRouter" | "mcpGateway", Claiming & Sized>> &
    Readonly<Record<"backend" | "frontend", Sized>> &
    Readonly<Record<"nats" | "redis" | "surrealdb", Sized | object>>
>;

/** Every rule over the sections that are right by themselves. */
export function check(settings: Ruled): Problem[] {
  const claiming = ["agents", "llmRouter", "mcpGateway"] as const;
  const running = ["nats", "redis", "surrealdb", "backend", "frontend", ...claiming] as const;
  return [
    ...claiming.flatMap((key) => {
      const service = settings[key];
      return service === undefined ? [] : oneReplicaPerReadWriteOnceClaim(key, service);
    }),
    ...running.flatMap((key) => {
      const workload = settings[key];
      return workload !== undefined && "resources" in workload ? requestsWithinLimits(key, workload) : [];
    }),
  ];
}
