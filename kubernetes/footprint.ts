/** What workloads take of a namespace, as plain numbers: for the quota, and to compare two stacks. */
import { parseQuantity } from "../config/schema/quantity";
import type { Resources } from "../config/schema/workloads";
import { containerResources } from "./resources";
import type { Mount } from "./volumes";

/** What a workload takes of the namespace at most, in the midst of a rollout. */
export interface Footprint {
  readonly pods: number;
  /** Of each pod. */
  readonly resources: Resources;
  readonly mounts: readonly Mount[];
  /** @default 0 */
  readonly claims?: number;
  /** Size of each claim. @default - no claim */
  readonly claimSize?: string;
}

/** Hard limits: the sum of all footprints and the headroom. CPU in thousandths, bytes in Mi, rounded up. */
export function quotaFor(footprints: readonly Footprint[], headroom: number): Record<string, string> {
  const factor = 1 + headroom / 100;
  const sum = (of: (footprint: Footprint) => number): number =>
    footprints.map(of).reduce((total, amount) => total + amount, 0) * factor;
  const amount = (kind: "requests" | "limits", name: "cpu" | "memory" | "ephemeral-storage"): string => {
    const total = sum(
      ({ pods, resources, mounts }) => pods * parseQuantity(containerResources(resources, mounts)[kind][name]),
    );
    return name === "cpu" ? `${String(Math.ceil(round(total * 1000)))}m` : mebibytes(total);
  };
  return {
    pods: String(Math.ceil(sum(({ pods }) => pods))),
    ...Object.fromEntries(
      (["requests", "limits"] as const).flatMap((kind) =>
        (["cpu", "memory", "ephemeral-storage"] as const).map((name) => [`${kind}.${name}`, amount(kind, name)]),
      ),
    ),
    persistentvolumeclaims: String(Math.ceil(sum(({ claims = 0 }) => claims))),
    "requests.storage": mebibytes(sum(({ claims = 0, claimSize = "0" }) => claims * parseQuantity(claimSize))),
  };
}

function mebibytes(bytes: number): string {
  return `${String(Math.ceil(round(bytes / 2 ** 20)))}Mi`;
}

/** Takes out what binary fractions add: 1.1 * 3 is 3.3000000000000003. */
function round(number: number): number {
  return Number(number.toPrecision(12));
}
