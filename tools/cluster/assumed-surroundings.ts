/** What a stack expects of any cluster, for control planes of our own, which come with nothing. */
import { kubernetesObjects } from "../recording/recording";
import type { KubernetesObject, Recording } from "../recording/recording";
import { kubectl } from "./kubectl";
import type { Cluster } from "./kubectl";
import { STORAGE_CLASSES, storageClass } from "./simulation";

/**
 * Gives our own cluster what a stack expects of any: nodes with the labels it selects, storage classes, the namespace
 * where somebody else makes it.
 */
export async function prepareOwn(cluster: Cluster, recording: Recording, signal?: AbortSignal): Promise<void> {
  const objects = kubernetesObjects(recording).map(({ object }) => object as KubernetesObject & Expecting);
  const selectors = objects.flatMap(({ spec }) => Object.entries(spec?.template?.spec?.nodeSelector ?? {}));
  const labels = new Set(selectors.map(([key, value]) => `${key}=${value}`));
  if (labels.size > 0) await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", ...labels], { signal });

  const made = objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
  const namespaces = namespacesOf(recording).filter((name) => !made.includes(name));
  const classes = new Set(objects.flatMap(({ spec }) => spec?.storageClassName ?? []));
  const expected = [
    ...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...[...classes].filter((name) => !STORAGE_CLASSES.includes(name)).map((name) => storageClass(name)),
  ];
  if (expected.length === 0) return;
  const input = expected.map((object) => JSON.stringify(object)).join("\n---\n");
  await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input, signal });
}

/** The parts of an object that expect something of the cluster. */
interface Expecting {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly template?: { readonly spec?: { readonly nodeSelector?: Readonly<Record<string, string>> } };
  };
}

/** Namespaces that a recording's objects live in. */
export function namespacesOf(recording: Recording): string[] {
  return [...new Set(kubernetesObjects(recording).flatMap(({ object }) => object.metadata.namespace ?? []))];
}
