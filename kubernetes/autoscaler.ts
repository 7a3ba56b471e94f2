import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "../config/schema/duration";
import { labelsOf } from "./labels";
import type { Identity } from "./labels";

/** How fast the number of pods changes in one direction. */
export interface Behavior {
  /** Duration a need must last before. */
  readonly stabilization?: string | undefined;
  /** Pods at most in a minute. */
  readonly pods?: number | undefined;
}

/** What a stack's config says about an autoscaler. */
export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the requests. */
  readonly cpuUtilization?: number | undefined;
  readonly memoryUtilization?: number | undefined;
  readonly scaleUp?: Behavior | undefined;
  readonly scaleDown?: Behavior | undefined;
}

export interface AutoscalerArgs extends Identity {
  readonly namespace: pulumi.Input<string>;
  readonly scaling: Autoscaling;
  /** Kind of the workload, whose name is the app's. */
  readonly kind: "Deployment" | "StatefulSet";
}

/** HorizontalPodAutoscaler of a service. */
export function autoscaler(
  name: string,
  { scaling, kind, namespace, ...identity }: AutoscalerArgs,
  parent: pulumi.Resource,
): k8s.autoscaling.v2.HorizontalPodAutoscaler {
  const { minReplicas, maxReplicas, cpuUtilization, memoryUtilization, scaleUp, scaleDown } = scaling;
  return new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    `${name}-autoscaler`,
    {
      metadata: { name: identity.app, namespace, labels: labelsOf(identity) },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind, name: identity.app },
        minReplicas,
        maxReplicas,
        metrics: [...utilization("cpu", cpuUtilization), ...utilization("memory", memoryUtilization)],
        behavior:
          scaleUp === undefined && scaleDown === undefined
            ? undefined
            : { scaleUp: scalingRules(scaleUp), scaleDown: scalingRules(scaleDown) },
      },
    },
    { parent },
  );
}

function utilization(
  name: string,
  averageUtilization: number | undefined,
): k8s.types.input.autoscaling.v2.MetricSpec[] {
  if (averageUtilization === undefined) return [];
  return [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization } } }];
}

function scalingRules(behavior: Behavior | undefined): k8s.types.input.autoscaling.v2.HPAScalingRules | undefined {
  if (behavior === undefined) return undefined;
  const { stabilization, pods } = behavior;
  return {
    stabilizationWindowSeconds: stabilization === undefined ? undefined : durationSeconds(stabilization),
    policies: pods === undefined ? undefined : [{ type: "Pods", value: pods, periodSeconds: 60 }],
  };
}
