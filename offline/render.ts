/** Renders a recording as manifests: one YAML file per Kubernetes object. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kubernetesObjects } from "./recording";
import type { Json, KubernetesObject, Path, RecordedResource, Recording } from "./recording";

/** What stands in place of a secret value. */
export const MASK = "<secret>";

/**
 * Manifests by file name, `<kind>-<name>.yaml`, in the order of the names. Keys are sorted, so that the same objects
 * always give the same text. Every value of a Secret, and whatever else is marked secret, is masked.
 */
export function renderManifests(recording: Recording): ReadonlyMap<string, string> {
  const files = kubernetesObjects(recording).map(({ resource, object }): [string, string] => [
    `${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
    manifest(masked(resource) as unknown as Json),
  ]);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An object as YAML with sorted keys. */
export function manifest(object: Json): string {
  // YAML 1.1 is what Kubernetes reads: there `yes` and `no` are booleans unless quoted
  return stringify(object, { version: "1.1", sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

/** The object of a resource with every secret masked. */
export function masked({ inputs, secretInputs }: RecordedResource): KubernetesObject {
  const values = inputs.kind === "Secret" ? [["data"], ["stringData"]] : [];
  return [...secretInputs, ...values].reduce<Json>(mask, inputs) as unknown as KubernetesObject;
}

/** Masks the value at a path, or every value under it. */
function mask(value: Json | undefined, path: Path): Json {
  const [key, ...rest] = path;
  if (value === undefined) return null;
  if (Array.isArray(value))
    return value.map((item, index) => (key === undefined || key === String(index) ? mask(item, rest) : item));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, item]): [string, Json] => [
      name,
      key === undefined || key === name ? mask(item, rest) : item,
    ]);
    return Object.fromEntries(entries);
  }
  return MASK;
}

/** Writes manifests into a folder and takes manifests of an earlier run out of it. */
export function writeManifests(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) {
    if (old.endsWith(".yaml") && !files.has(old)) rmSync(join(folder, old));
  }
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}
