/** Nodes that a test has for itself: other tests share the control plane. */
import type { KubernetesObject } from "../../tools/recording/recording";
import type { Workload } from "./applied";

/** Label and taint that keep other pods off, and these pods on. */
const KEY = "test-nodes";

const CAPACITY = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "110" };

/** A simulated node for the pods of one namespace. */
export function ownNode(name: string, namespace: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { [KEY]: namespace, "kubernetes.io/hostname": name } },
    spec: { taints: [{ key: KEY, value: namespace, effect: "NoSchedule" }] },
    status: { capacity: CAPACITY, allocatable: CAPACITY },
  };
}

/** The workload's pods run on the namespace's own nodes and nowhere else. */
export function pinToOwnNodes({ metadata, spec: { template } }: Workload): void {
  template.spec.nodeSelector = { [KEY]: metadata.namespace };
  template.spec.tolerations = [{ key: KEY, operator: "Exists" }];
}
