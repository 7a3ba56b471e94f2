/** What the local control plane simulates: nodes, how pods behave on them, and classes of volumes. */
import { parseAllDocuments, stringify } from "yaml";

/** How many nodes there are; each in a zone of its own. */
export const NODE_COUNT = 3;

/** Storage classes there are: the default one, which binds at once, and one that waits for a pod. */
export const STORAGE_CLASSES = ["standard", "standard-wait"];

const CAPACITY = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "110" };

/** Nodes and storage classes as a YAML stream. */
export function simulatedObjects(): string {
  const nodes = Array.from({ length: NODE_COUNT }, (_, index) => node(index));
  const classes = [storageClass("standard", "Immediate", true), storageClass("standard-wait", "WaitForFirstConsumer")];
  return [...nodes, ...classes].map((object) => JSON.stringify(object)).join("\n---\n");
}

function node(index: number): object {
  const name = `node-${String(index)}`;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "local",
        "topology.kubernetes.io/zone": `local-${String(index)}`,
      },
    },
    status: { capacity: CAPACITY, allocatable: CAPACITY },
  };
}

/** A storage class whose volumes are folders on this machine. */
export function storageClass(name: string, volumeBindingMode = "Immediate", isDefault = false): object {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
    provisioner: "kubernetes.io/host-path",
    reclaimPolicy: "Delete",
    allowVolumeExpansion: true,
    volumeBindingMode,
  };
}

/** Pod annotations that say how long (`3s`, `24h`) a simulated pod takes to get ready, or to end. @default - no time */
export const READY_DELAY = "pod-ready.stage.kwok.x-k8s.io/delay";
export const DELETE_DELAY = "pod-delete.stage.kwok.x-k8s.io/delay";

/** KWOK's stages, a YAML stream, with its pods listening to the annotations above as those of its slower stages do. */
export function delayableStages(stages: string): string {
  const documents = parseAllDocuments(stages);
  for (const document of documents) {
    const name = String(document.getIn(["metadata", "name"]));
    const annotation = `${name}.stage.kwok.x-k8s.io/delay`;
    if (annotation !== READY_DELAY && annotation !== DELETE_DELAY) continue;
    const durationFrom = { expressionFrom: `.metadata.annotations["${annotation}"]` };
    document.setIn(["spec", "delay"], document.createNode({ durationMilliseconds: 0, durationFrom }));
  }
  return documents.map((document) => stringify(document.toJS())).join("---\n");
}
