/** What a stack says about anything that runs: sizes, storage, placement. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

const amounts = (description: string, cpu: string, memory: string) =>
  z
    .strictObject({
      cpu: values.cpu.meta({ description: "Processor time.", unit: "cores", example: cpu }),
      memory: values.bytes.meta({ description: "Memory.", unit: "bytes", example: memory }),
      ephemeralStorage: values.bytes.optional().meta({
        description: "Scratch space, logs and the container's own layer together.",
        unit: "bytes",
        absent: "what the node has",
        example: "1Gi",
      }),
    })
    .meta({ description });

/** Requests and limits of one container. */
export const resources = z
  .strictObject({
    requests: amounts("What the scheduler sets aside.", "500m", "1Gi"),
    limits: amounts("What the kernel enforces.", "1000m", "2Gi"),
  })
  .meta({ description: "What one pod is given and what it may use." });

/** A claim for a volume. */
export const storage = z
  .strictObject({
    size: values.bytes.meta({
      description: "Size of the claim. It may grow later and never shrink.",
      unit: "bytes",
      example: "10Gi",
    }),
    accessMode: z
      .enum(["ReadWriteOnce", "ReadWriteMany"], { error: "must be ReadWriteOnce or ReadWriteMany" })
      .default("ReadWriteOnce")
      .meta({
        description: "How many nodes may mount it. Several replicas need ReadWriteMany.",
        example: "ReadWriteMany",
      }),
    storageClass: values.dnsName.optional().meta({
      description: "Storage class of the claim.",
      absent: "the cluster's default class",
      example: "fast-ssd",
    }),
  })
  .meta({ description: "The claim the data lies on." });

/** What every one of the five services takes. */
export const service = z.strictObject({
  image: values.image.meta({ description: "Image with a fixed tag or digest.", example: "vapora/backend:0.2.0" }),
  replicas: values.count.meta({
    description: "Pods to run.",
    unit: "pods",
    example: 2,
  }),
  resources,
  nodeSelector: z
    .record(values.labelKey, values.labelValue, { error: "must be a mapping of label keys to values" })
    .optional()
    .meta({ description: "Labels a node must carry.", absent: "any node", example: { workload: "vapora" } }),
  scratch: z
    .record(values.absolutePath, values.bytes, { error: "must be a mapping of paths to sizes" })
    .optional()
    .meta({
      description: "Writable folders (emptyDir) by path, each with its size; gone with the pod.",
      unit: "bytes",
      absent: "none",
      example: { "/tmp": "64Mi" },
    }),
  shutdown: z
    .strictObject({
      delay: values.duration.meta({
        description: "How long a pod that ends goes on serving, until nobody sends it requests any more (preStop).",
        example: "5s",
      }),
      gracePeriod: values.duration.meta({
        description: "How long a pod may take to end, the delay included; then it is killed.",
        example: "45s",
      }),
    })
    .optional()
    .meta({ description: "How a pod ends.", absent: "Kubernetes' own: no delay, 30 seconds" }),
  env: z
    .record(values.envName, values.envValue, { error: "must be a mapping of names to values" })
    .optional()
    .meta({
      description:
        "More environment variables; a name the service sets itself gets the value given here. Never for secrets.",
      absent: "none",
      example: { HTTP_TIMEOUT: "30s" },
    }),
});

/** A service with a RUST_LOG filter. */
export const rustService = (filter: string) =>
  service.extend({
    log: values.text.optional().meta({ description: "Filter for RUST_LOG.", absent: `\`${filter}\``, example: "warn" }),
  });
