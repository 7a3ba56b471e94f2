/** Rules between values. Each names the key to change and every way out. */

/** A broken rule: where, and what to do. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
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
        `${String(service.replicas)} replicas cannot share a ReadWriteOnce claim. Either set ` +
        `${key}.storage.accessMode to ReadWriteMany (and a storage class that offers it), or run one replica`,
    },
  ];
}

/** Every rule over parsed settings. */
export function check(settings: Record<"agents" | "llmRouter" | "mcpGateway", Claiming>): Problem[] {
  const claiming = ["agents", "llmRouter", "mcpGateway"] as const;
  return claiming.flatMap((key) => oneReplicaPerReadWriteOnceClaim(key, settings[key]));
}
