import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Autoscaling, Behavior } from "../config/schema/autoscaling";
import { durationSeconds } from "../config/schema/duration";
import { labelsOf } from "./labels";
import type { Identity } from "./labels";

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
