/** Renders a recording as manifests: one YAML file per Kubernetes object. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document, isScalar, parseDocument, Scalar, visit } from "yaml";
import { kubernetesObjects } from "./recording";
import type { Json, KubernetesObject, Path, RecordedResource, Recording } from "./recording";

/** First line of every manifest; a file without it was not rendered by us. */
const HEADER = "# Rendered from the program: npm run render";

/** What stands in place of a secret value. */
export const MASK = "<secret>";

/**
 * Manifests by file name, `<kind>-<name>.yaml`, in the order of the names. Keys are sorted, so that the same objects
 * always give the same text. Every value of a Secret, and whatever else is marked secret, is masked.
 */
export function renderManifests(recording: Recording): ReadonlyMap<string, string> {
  const files = kubernetesObjects(recording).map(({ resource, object }): [string, string] => [
    `${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
    `${HEADER}\n${manifest(masked(resource) as unknown as Json)}`,
  ]);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * An object as YAML with sorted keys. Kubernetes reads YAML 1.1, where `yes` is a boolean, with some of 1.2, where
 * `0o17` is a number: text that either would take for something else is quoted.
 */
export function manifest(object: Json): string {
  const document = new Document(object, { version: "1.1", sortMapEntries: true, aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && !node.value.includes("\n") && !isPlainText(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}

function isPlainText(text: string): boolean {
  const { contents, errors } = parseDocument(text, { version: "1.2" });
  return errors.length === 0 && isScalar(contents) && contents.value === text;
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

/** Writes manifests into a folder and takes those of an earlier run out of it; whatever else lies there stays. */
export function writeManifests(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const isOld = name.endsWith(".yaml") && !files.has(name) && readFileSync(path, "utf8").startsWith(HEADER);
    if (isOld) rmSync(path);
  }
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}
