/** What a stack says about anything that runs: sizes, placement, how it ends. */
import { z } from "zod";
import "./meta";
import { autoscaling } from "./autoscaling";
import { SCRATCH } from "./reserved";
import * as values from "./values";

const amounts = (description: string, cpu: string, memory: string) =>
  z
    .strictObject({
      cpu: values.cpu.meta({ description: "Processor time.", unit: "cores", example: cpu }),
      memory: values.bytes.meta({ description: "Memory.", unit: "bytes", example: memory }),
      ephemeralStorage: values.bytes.optional().meta({
        description: "Scratch folders, logs and the container's own layer together.",
        unit: "bytes",
        absent: "the scratch folders and 256Mi",
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

const toleration = z.strictObject({
  key: values.labelKey.optional().meta({ description: "Key of the taint.", absent: "any key", example: "workload" }),
  operator: z
    .enum(["Equal", "Exists"], { error: "must be Equal or Exists" })
    .default("Equal")
    .meta({ description: "Whether the taint's value must be `value`, or may be any.", example: "Exists" }),
  value: values.labelValue.optional().meta({ description: "Value of the taint.", absent: "none", example: "vapora" }),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"], {
      error: "must be NoSchedule, PreferNoSchedule or NoExecute",
    })
    .optional()
    .meta({ description: "Effect of the taint.", absent: "any effect", example: "NoSchedule" }),
});

/** Where pods may run. */
const placement = {
  nodeSelector: z
    .record(values.labelKey, values.labelValue, { error: "must be a mapping of label keys to values" })
    .optional()
    .meta({ description: "Labels a node must carry.", absent: "any node", example: { workload: "vapora" } }),
  tolerations: z
    .array(toleration, { error: "must be a list of tolerations" })
    .optional()
    .meta({
      description: "Taints of nodes the pods may run on all the same.",
      absent: "none",
      example: [{ key: "workload", value: "vapora", effect: "NoSchedule" }],
    }),
  priorityClassName: values.dnsName.optional().meta({
    description: "An existing PriorityClass.",
    absent: "the cluster's default one",
    example: "platform",
  }),
  runtimeClassName: values.dnsName.optional().meta({
    description: "An existing RuntimeClass.",
    absent: "the cluster's default runtime",
    example: "gvisor",
  }),
};

/** What clusters want to see on pods and their accounts. */
const annotations = {
  podAnnotations: values.annotations.optional().meta({
    description: "More annotations of the pods.",
    absent: "none",
    example: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" },
  }),
  serviceAccountAnnotations: values.annotations.optional().meta({
    description: "Annotations of the ServiceAccount, as clouds use them to hand out identities.",
    absent: "none",
    example: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/vapora" },
  }),
};

/** What everything that runs takes: the five services and the bundled data services. */
export const workload = z.strictObject({
  image: values.image.meta({ description: "Image with a fixed tag or digest.", example: "vapora/backend:0.2.0" }),
  resources,
  ...placement,
  ...annotations,
  runAs: z
    .strictObject({
      user: values.uid.default(10_001).meta({ description: "User.", unit: "uid", example: 20001 }),
      group: values.uid.default(10_001).meta({
        description: "Group, also of the files on the pod's volumes.",
        unit: "gid",
        example: 20001,
      }),
    })
    .default({ user: 10001, group: 10001 })
    .meta({ description: "Who the process runs as, never root. Numbers above 10000 are nobody on the node." }),
});

/** Requests and limits of one container. */
export type Resources = z.infer<typeof resources>;
/** Where pods may run. */
export type Placement = z.infer<z.ZodObject<typeof placement>>;
/** What a stack says about anything that runs. */
export type WorkloadSettings = z.infer<typeof workload>;

/** What every one of the five services takes. `drain`: the default of how long its pods take to finish what they are working on. */
export const service = ({ drain = "30s" }: { readonly drain?: string } = {}) =>
  workload.extend({
    replicas: values.count.optional().meta({
      description: "Pods to run. Either this or `autoscaling`.",
      unit: "pods",
      absent: "`autoscaling` decides",
      example: 2,
    }),
    autoscaling,
    scratch: z
      .record(values.absolutePath, values.bytes, { error: "must be a mapping of paths to sizes" })
      .optional()
      .transform((folders): Record<string, string> => ({ ...SCRATCH, ...folders }))
      .meta({
        description:
          "Writable folders (emptyDir) by path, each with its size; gone with the pod. Everything else is read-only.",
        unit: "bytes",
        absent: `/tmp with ${SCRATCH["/tmp"]}, which is always there`,
        example: { "/tmp": "128Mi" },
      }),
    shutdown: z
      .strictObject({
        delay: values.duration.default("5s").meta({
          description: "How long a pod that ends goes on serving, until nobody sends it requests any more (preStop).",
          example: "10s",
        }),
        drain: values.duration.default(drain).meta({
          description: "How long it then may take to finish what it is working on.",
          example: "1m",
        }),
        gracePeriod: values.duration.optional().meta({
          description: "When a pod that has not ended is killed.",
          absent: "delay and drain together, and 5s",
          example: "10m",
        }),
      })
      .default({ delay: "5s", drain })
      .meta({ description: "How a pod ends." }),
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

/** What a stack says about any service. */
export type ServiceSettings = z.infer<ReturnType<typeof service>>;

/** A service with a RUST_LOG filter, whose default is `log`. */
export const rustService = ({ log, ...shutdown }: { readonly log: string; readonly drain?: string }) =>
  service(shutdown).extend({
    log: values.text.default(log).meta({ description: "Filter for RUST_LOG.", example: "warn" }),
  });
