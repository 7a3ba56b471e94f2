/** Claims, and what they mean for a rollout. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels";
import { SKIP_AWAIT } from "./platform";

/** A claim for a volume. */
export interface Storage {
  /** e.g. `10Gi`. Grows in place, never shrinks. */
  readonly size: string;
  /** ReadWriteOnce: one node, so one pod. ReadWriteMany: any number. */
  readonly accessMode: "ReadWriteOnce" | "ReadWriteMany";
  /** @default - the cluster's default class */
  readonly storageClass?: string | undefined;
}

/** A claim of its own, which outlives the workload that mounts it. */
export interface ClaimArgs {
  readonly claimName: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Labels;
  readonly storage: Storage;
}

/** Makes a claim. Its await is left out: an unbound claim shows in the pods that wait for it. */
export function claim(
  name: string,
  args: ClaimArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: { name: args.claimName, namespace: args.namespace, labels: args.labels, annotations: SKIP_AWAIT },
      spec: {
        accessModes: [args.storage.accessMode],
        resources: { requests: { storage: args.storage.size } },
        storageClassName: args.storage.storageClass,
      },
    },
    opts,
  );
}

/**
 * How a Deployment replaces its pods. A ReadWriteOnce claim is one node's at a time, so the old pod goes first;
 * anything else rolls without a gap.
 */
export function strategyFor(storage: Storage | undefined): k8s.types.input.apps.v1.DeploymentStrategy {
  return storage?.accessMode === "ReadWriteOnce"
    ? { type: "Recreate" }
    : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
}
