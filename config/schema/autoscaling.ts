/** What a stack says about a service's autoscaler. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

const utilization = (resource: string) =>
  values.percent.optional().meta({
    description: `Share of the requested ${resource} the pods should use on average.`,
    unit: "percent",
    absent: `${resource} does not count`,
    example: 75,
  });

const behavior = (direction: string, settled: string) =>
  z
    .strictObject({
      stabilization: values.stabilization.optional().meta({
        description: `How long a need must last before the number ${direction}.`,
        absent: settled,
        example: "2m",
      }),
      pods: values.podCount.optional().meta({
        description: `By how many pods at most the number ${direction} per minute.`,
        unit: "pods",
        absent: "Kubernetes' own limit",
        example: 2,
      }),
    })
    .optional()
    .meta({ description: `How fast the number ${direction}.`, absent: "Kubernetes' own" });

/** HorizontalPodAutoscaler, API autoscaling/v2. */
export const autoscaling = z
  .strictObject({
    minReplicas: values.podCount.meta({ description: "Pods that always run.", unit: "pods", example: 2 }),
    maxReplicas: values.podCount.meta({ description: "Pods that run at most.", unit: "pods", example: 6 }),
    cpuUtilization: utilization("processor time"),
    memoryUtilization: utilization("memory"),
    scaleUp: behavior("rises", "0s"),
    scaleDown: behavior("falls", "5m"),
  })
  .optional()
  .meta({
    description: "Lets the cluster choose the number of pods; it needs a metrics server.",
    absent: "`replicas` says it",
  });

/** A service's autoscaler. */
export type Autoscaling = NonNullable<z.infer<typeof autoscaling>>;
/** How fast the number of pods changes in one direction. */
export type Behavior = NonNullable<Autoscaling["scaleUp"]>;
