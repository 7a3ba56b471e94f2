/** Objects of a recording on the control plane: as they are, or changed the way a test asks for. */
import { kubectl, tryKubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { kubernetesObjects } from "../../tools/recording/recording";

/** A container, as much of it as tests change. */
export type Section = Record<string, unknown>;

/** A pod template, to be changed by tests. */
export interface Template {
  readonly metadata: { readonly labels: Record<string, string>; annotations?: Record<string, string> };
  readonly spec: Section & { readonly containers: Section[] };
}

/** A workload: an object with a pod template. */
export interface Workload extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly template: Template };
}

const WORKLOADS = ["Deployment", "StatefulSet", "Job"];

/** The objects of a recording that have pods. */
export function workloads(recording: Recording): Workload[] {
  return kubernetesObjects(recording)
    .map(({ object }) => object)
    .filter(({ kind }) => WORKLOADS.includes(kind)) as unknown as Workload[];
}

/** The recording with its workloads changed. `change` gets a copy of each. */
export function withWorkloads(recording: Recording, change: (workload: Workload) => void): Recording {
  const resources = recording.resources.map((resource) => {
    if (!resource.type.startsWith("kubernetes:") || !WORKLOADS.includes(resource.inputs.kind as string))
      return resource;
    const inputs = structuredClone(resource.inputs);
    change(inputs as unknown as Workload);
    return { ...resource, inputs };
  });
  return { ...recording, resources };
}

/** The recording without some of its objects. */
export function withoutObjects(recording: Recording, isOut: (object: KubernetesObject) => boolean): Recording {
  const out = kubernetesObjects(recording).filter(({ object }) => isOut(object));
  if (out.length === 0) throw new Error("there is nothing to leave out");
  return {
    ...recording,
    resources: recording.resources.filter((one) => !out.some(({ resource }) => resource === one)),
  };
}

/** The recording without what runs once and ends: its pods neither roll nor move. */
export function withoutJobs(recording: Recording): Recording {
  return withoutObjects(recording, ({ kind }) => kind === "Job");
}

/** Every pod of the workload gets this annotation. */
export function annotate({ spec: { template } }: Workload, annotations: Readonly<Record<string, string>>): void {
  template.metadata.annotations = { ...template.metadata.annotations, ...annotations };
}

/** A pod as its workload would make it, under a name of its own. */
export function podOf({ metadata, spec: { template } }: Workload): KubernetesObject {
  return structuredClone({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...template.metadata,
      name: `pod-of-${metadata.name}`,
      namespace: metadata.namespace,
    },
    spec: template.spec,
  });
}

/** Applies objects, strictly, and gives the API server's warnings. @throws UserError if it refuses any. */
export async function applied(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  ...flags: readonly string[]
): Promise<string[]> {
  const { code, stderr } = await tryApply(cluster, objects, ...flags);
  if (code !== 0) throw new Error(`refused:\n${stderr}`);
  return stderr.split("\n").filter((line) => line.startsWith("Warning:"));
}

/** Applies objects, whatever comes of it. */
export function tryApply(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  ...flags: readonly string[]
): Promise<{ readonly code: number; readonly stderr: string }> {
  const args = ["apply", "--server-side", "--force-conflicts", "--validate=strict", ...flags, "-f", "-"];
  return tryKubectl(cluster, args, { input: objects.map((object) => JSON.stringify(object)).join("\n---\n") });
}

/** All objects of a recording. */
export function allObjects(recording: Recording): KubernetesObject[] {
  return kubernetesObjects(recording).map(({ object }) => object);
}

/** Makes a namespace in which the API server enforces, and warns about, the Pod Security Standard `restricted`. */
export async function restrictedNamespace(cluster: Cluster, name: string): Promise<void> {
  const labels = ["enforce", "audit", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);
  await kubectl(cluster, ["create", "namespace", name]);
  await kubectl(cluster, ["label", "namespace", name, ...labels]);
}
