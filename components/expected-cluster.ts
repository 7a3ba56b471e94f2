import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PlainSettings } from "../config/schema/settings";

/**
 * The cluster a stack is meant for. Names and contexts lie, and a preview is green with no cluster at all; so a pinned
 * cluster is asked for the UID of its namespace kube-system before anything else, in a preview too.
 */
export class ExpectedCluster extends pulumi.ComponentResource {
  /** The cluster's identifier; never known on another cluster than the pinned one. */
  public readonly identifier: pulumi.Output<string>;

  public constructor(name: string, args: PlainSettings["cluster"], opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:ExpectedCluster", name, {}, opts);
    const { identifier, kubeSystemUid } = args;
    this.identifier = kubeSystemUid === undefined ? pulumi.output(identifier) : this.pinned(name, args, kubeSystemUid);
    this.registerOutputs({});
  }

  private pinned(name: string, args: PlainSettings["cluster"], pinnedUid: string): pulumi.Output<string> {
    const { kubeconfig, context, identifier } = args;
    const provider = new k8s.Provider(name, { kubeconfig, context, clusterIdentifier: identifier }, { parent: this });
    const { uid } = k8s.core.v1.Namespace.get(name, "kube-system", { parent: this, provider }).metadata;
    // Thrown outside the output that others wait for, the error is reported once, and not by each of them.
    uid.apply((found) => {
      if (found !== pinnedUid) throw new pulumi.RunError(otherCluster(pinnedUid, found));
    });
    const never = new Promise<string>(() => undefined);
    return uid.apply((found) => (found === pinnedUid ? Promise.resolve(identifier) : never));
  }
}

function otherCluster(pinned: string, found: string): string {
  return (
    `This is not the cluster of this stack: its kube-system has the UID ${found}, and vapora:cluster.kubeSystemUid is ` +
    `${pinned}. Choose the right kubeconfig and context; if the cluster was made anew, type: ` +
    `pulumi config set --path cluster.kubeSystemUid ${found}`
  );
}
