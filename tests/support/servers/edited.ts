/** Copies of recorded objects that differ in one thing, to be held against the recorded ones. */
import type { KubernetesObject } from "../../../tools/recording/recording";

interface EditableSpec {
  containers: [Record<string, unknown> & { args: string[] }];
}

/** A workload with another pod template. */
export function edited(
  workload: KubernetesObject,
  change: (container: EditableSpec["containers"][0]) => void,
): KubernetesObject {
  const copy = structuredClone(workload);
  change((copy.spec as { readonly template: { readonly spec: EditableSpec } }).template.spec.containers[0]);
  return copy;
}

/** The objects with another file in a ConfigMap. @throws Error if that leaves it as it was */
export function withFile(
  objects: readonly KubernetesObject[],
  configMap: string,
  file: string,
  change: (text: string) => string,
): KubernetesObject[] {
  return objects.map((object) => {
    if (object.kind !== "ConfigMap" || object.metadata.name !== configMap) return object;
    const data = object.data as Readonly<Record<string, string>>;
    const [before = "", after] = [data[file], change(data[file] ?? "")];
    if (before === after) throw new Error(`${configMap}: the change of ${file} changes nothing`);
    return { ...object, data: { ...data, [file]: after } };
  });
}
