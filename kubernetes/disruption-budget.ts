import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelsOf, selectorLabels } from "./labels";
import type { Identity } from "./labels";

/**
 * PodDisruptionBudget of an app with several pods: a drain takes them one after the other. Pods that are not ready
 * never hold a drain up.
 */
export function disruptionBudget(
  name: string,
  args: Identity & { readonly namespace: pulumi.Input<string> },
  parent: pulumi.Resource,
): k8s.policy.v1.PodDisruptionBudget {
  return new k8s.policy.v1.PodDisruptionBudget(
    `${name}-disruption-budget`,
    {
      metadata: { name: args.app, namespace: args.namespace, labels: labelsOf(args) },
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selectorLabels(args) },
      },
    },
    { parent },
  );
}
