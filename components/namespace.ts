import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PlainSettings } from "../config/schema/settings";
import { labelsOf } from "../kubernetes/labels";
import { RESTRICTED_NAMESPACE } from "../kubernetes/security";

export type NamespaceArgs = PlainSettings["namespace"] & {
  /** Protect it from deletion: it takes everything inside along. */
  readonly dataProtection: boolean;
};

/** The namespace everything lives in, made here or elsewhere. */
export class Namespace extends pulumi.ComponentResource {
  public readonly name: pulumi.Output<string>;

  public constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Namespace", name, {}, opts);
    const made = args.create
      ? new k8s.core.v1.Namespace(
          name,
          {
            metadata: {
              name: args.name,
              labels: { ...labelsOf({ app: "vapora", component: "namespace" }), ...RESTRICTED_NAMESPACE },
            },
          },
          { parent: this, protect: args.dataProtection },
        )
      : undefined;
    this.name = made?.metadata.name ?? pulumi.output(args.name);
    this.registerOutputs({ name: this.name });
  }
}
