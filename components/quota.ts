import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../config/schema/quantity";
import type { PlainSettings } from "../config/schema/settings";
import { labelsOf } from "../kubernetes/labels";
import { quotaFor } from "../kubernetes/footprint";
import type { Footprint } from "../kubernetes/footprint";

const NAME = "vapora";

export interface QuotaArgs {
  readonly namespace: pulumi.Input<string>;
  /** @default - no quota */
  readonly quota?: PlainSettings["quota"];
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
