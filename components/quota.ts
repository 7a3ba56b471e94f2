import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../config/quantity";
import { labelsOf } from "./labels";
import { containerResources } from "./resources";
import type { Resources } from "./resources";
import type { Mount } from "./volumes";

const NAME = "vapora";

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

export interface QuotaArgs {
  readonly namespace: pulumi.Input<string>;
  /** Percent beside what is needed. @default - no quota */
  readonly quota?: { readonly headroom: number } | undefined;
  /** Everything that runs in the namespace. */
  readonly users: readonly { readonly footprints: readonly Footprint[] }[];
}

/** ResourceQuota and LimitRange of the namespace, where the stack asks for them: room for a rollout of everything at once, and the headroom. */
export class Quota extends pulumi.ComponentResource {
  public constructor(name: string, args: QuotaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Quota", name, {}, opts);
    if (args.quota !== undefined)
      this.limit(
        name,
        args.namespace,
        args.users.flatMap(({ footprints }) => footprints),
        args.quota.headroom,
      );
    this.registerOutputs({});
  }

  private limit(
    name: string,
    namespace: pulumi.Input<string>,
    footprints: readonly Footprint[],
    headroom: number,
  ): void {
    const metadata = { name: NAME, namespace, labels: labelsOf({ app: NAME, component: "quota" }) };
    new k8s.core.v1.ResourceQuota(name, { metadata, spec: { hard: quotaFor(footprints, headroom) } }, { parent: this });
    new k8s.core.v1.LimitRange(
      `${name}-limit-range`,
      { metadata, spec: { limits: [containerLimits(footprints)] } },
      { parent: this },
    );
  }
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

/** No container is larger than the largest of the stack's; one that says nothing gets a little. */
function containerLimits(footprints: readonly Footprint[]): k8s.types.input.core.v1.LimitRangeItem {
  const largest = (name: "cpu" | "memory"): string => {
    const limits = footprints.map(({ resources }) => resources.limits[name]);
    return limits.reduce((a, b) => (parseQuantity(b) > parseQuantity(a) ? b : a), name === "cpu" ? "100m" : "128Mi");
  };
  return {
    type: "Container",
    default: { cpu: "100m", memory: "128Mi" },
    defaultRequest: { cpu: "50m", memory: "64Mi" },
    max: { cpu: largest("cpu"), memory: largest("memory") },
  };
}

function mebibytes(bytes: number): string {
  return `${String(Math.ceil(round(bytes / 2 ** 20)))}Mi`;
}

/** Takes out what binary fractions add: 1.1 * 3 is 3.3000000000000003. */
function round(number: number): number {
  return Number(number.toPrecision(12));
}
