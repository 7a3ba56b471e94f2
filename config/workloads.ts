/** What a stack says about anything that runs: sizes, storage, placement. */
import { z } from "zod";
import * as values from "./values";

const amounts = z.strictObject({
  /** Cores. */
  cpu: values.quantity,
  /** Bytes. */
  memory: values.quantity,
});

/** Requests (what the scheduler sets aside) and limits (what the kernel enforces) of one container. */
export const resources = z.strictObject({ requests: amounts, limits: amounts });

/** A claim for a volume. */
export const storage = z.strictObject({
  /** Size of the claim, e.g. `10Gi`. It may grow later and never shrink. */
  size: values.quantity,
  /** How many nodes may mount it. Several replicas need ReadWriteMany. @default ReadWriteOnce */
  accessMode: z.enum(["ReadWriteOnce", "ReadWriteMany"]).default("ReadWriteOnce"),
  /** @default - the cluster's default class */
  storageClass: values.dnsName.optional(),
});

/** What every one of the five services takes. */
export const service = z.strictObject({
  /** Image with a fixed tag or digest. */
  image: values.image,
  /** Pods to run. */
  replicas: z.int().min(0),
  resources,
  /** Labels a node must carry. @default - any node */
  nodeSelector: z.record(values.labelKey, values.labelValue).optional(),
  /** More environment variables, beside the ones the service needs. Never for secrets. @default - none */
  env: z.record(values.envName, z.union([z.string(), z.number(), z.boolean()]).transform(String)).optional(),
});

/** A service with a RUST_LOG filter. */
export const rustService = service.extend({
  /** Filter for RUST_LOG, e.g. `info,vapora_backend=debug`. @default - debug for VAPORA's own code, as the service states it */
  log: z.string().min(1).optional(),
});
