/** What a stack says about volumes. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

const size = values.bytes.meta({
  description: "Size of the volume. A claim may grow later and never shrink.",
  unit: "bytes",
  example: "10Gi",
});

const storageClass = values.dnsName.optional().meta({
  description: "Storage class of the claim.",
  absent: "the cluster's default class",
  example: "fast-ssd",
});

const modeText = (more = ""): string =>
  "`shared`: one claim for all pods. `perReplica`: a StatefulSet with a claim for each pod." +
  `${more} A change of it leaves the data behind; docs/operations.md tells how to move it.`;

const claim = z.strictObject({
  size,
  mode: z
    .enum(["shared", "perReplica"], { error: "must be shared or perReplica" })
    .default("shared")
    .meta({ description: modeText(), example: "perReplica" }),
  accessMode: z
    .enum(["ReadWriteOnce", "ReadWriteMany"], { error: "must be ReadWriteOnce or ReadWriteMany" })
    .optional()
    .meta({
      description: "How many nodes may mount a claim. Several replicas that share one need ReadWriteMany.",
      absent: "ReadWriteOnce",
      example: "ReadWriteMany",
    }),
  storageClass,
});

/** A service's volume. */
export const storage = claim.meta({ description: "The volume the data lies on." });

/** A service's volume whose data it can do without. */
export const cacheStorage = claim
  .extend({
    mode: z
      .enum(["shared", "perReplica", "ephemeral"], { error: "must be shared, perReplica or ephemeral" })
      .default("shared")
      .meta({ description: modeText(" `ephemeral`: a folder that is gone with its pod."), example: "ephemeral" }),
  })
  .meta({ description: "The volume the data lies on." });

/** A data service's volume: one claim for each of its servers, ReadWriteOnce. */
export const storeStorage = z
  .strictObject({ size, storageClass })
  .meta({ description: "The claim of each server (ReadWriteOnce)." });

/** A service's volume: one claim for all pods, one for each, or a folder that is gone with its pod. */
export type Storage = z.infer<typeof cacheStorage>;
/** A data service's volume. */
export type StoreStorage = z.infer<typeof storeStorage>;
