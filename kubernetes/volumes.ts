/** Volumes: claims, folders of the pod, and what a pod needs to mount them. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Storage } from "../config/schema/storage";
import type { Labels } from "./labels";
import { SKIP_AWAIT } from "./platform";

/** A claim of its own, which outlives the workload that mounts it. */
export interface ClaimArgs {
  readonly claimName: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Labels;
  readonly storage: Omit<Storage, "mode">;
}

/** A volume, where it goes, and the annotations that roll the pods with it. */
export interface Mount {
  /** @default - a claim template of the StatefulSet brings it */
  readonly volume?: k8s.types.input.core.v1.Volume;
  readonly mount: k8s.types.input.core.v1.VolumeMount;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Makes a claim. Its await is left out: an unbound claim shows in the pods that wait for it. */
export function claim(
  name: string,
  { claimName, namespace, labels, storage }: ClaimArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    { metadata: { name: claimName, namespace, labels, annotations: SKIP_AWAIT }, spec: claimSpec(storage) },
    opts,
  );
}

/** A claim for each pod of a StatefulSet. */
export interface ClaimTemplateArgs {
  /** Name of the volume; the claim of a pod is `<name>-<pod>`. */
  readonly name: string;
  /** They must never change: a change of them would replace the set. */
  readonly labels: Labels;
  readonly storage: Omit<Storage, "mode">;
  /** True keeps the claims of a deleted set; those of a smaller one are kept in any case. */
  readonly dataProtection: boolean;
}

/** What a StatefulSet says about the claims it makes. */
export function claimTemplates({
  name,
  labels,
  storage,
  dataProtection,
}: ClaimTemplateArgs): Pick<
  k8s.types.input.apps.v1.StatefulSetSpec,
  "persistentVolumeClaimRetentionPolicy" | "volumeClaimTemplates"
> {
  return {
    persistentVolumeClaimRetentionPolicy: { whenScaled: "Retain", whenDeleted: dataProtection ? "Retain" : "Delete" },
    volumeClaimTemplates: [{ metadata: { name, labels }, spec: claimSpec(storage) }],
  };
}

/** Writable folders that go with the pod, by path with their sizes. */
export function scratchMounts(folders: Readonly<Record<string, string>>): Mount[] {
  return Object.entries(folders).map(([mountPath, size], index) =>
    ephemeralMount(`scratch-${String(index)}`, mountPath, size),
  );
}

/** A folder that goes with the pod. */
export function ephemeralMount(name: string, mountPath: string, sizeLimit: string): Mount {
  return { volume: { name, emptyDir: { sizeLimit } }, mount: { name, mountPath } };
}

/** A claim, mounted. */
export function claimMount(name: string, mountPath: string, claimName: pulumi.Input<string>): Mount {
  return { volume: { name, persistentVolumeClaim: { claimName } }, mount: { name, mountPath } };
}

function claimSpec(storage: Omit<Storage, "mode">): k8s.types.input.core.v1.PersistentVolumeClaimSpec {
  return {
    accessModes: [storage.accessMode ?? "ReadWriteOnce"],
    resources: { requests: { storage: storage.size } },
    storageClassName: storage.storageClass,
  };
}
