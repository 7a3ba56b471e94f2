/** JSON schemas of the local API server's own kinds, in the form kubeconform reads. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { kubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import type { Tools } from "../../cluster/go-tools";

type Schema = Readonly<Record<string, unknown>>;

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const REF = "#/components/schemas/";

/** Where the schemas are kept: beside the API server they come from. */
export function schemasFolder(tools: Tools): string {
  return join(dirname(tools.path("kube-apiserver")), "schemas");
}

/** True if they have been written before. */
export function hasSchemas(tools: Tools): boolean {
  return existsSync(schemasFolder(tools));
}

/** Asks an API server for the schema of every kind and writes one file for each. */
export async function writeSchemas(cluster: Cluster, tools: Tools, signal?: AbortSignal): Promise<void> {
  const folder = schemasFolder(tools);
  const unfinished = `${folder}-${String(process.pid)}`;
  const fetchJson = async (path: string): Promise<unknown> =>
    JSON.parse(await kubectl(cluster, ["get", "--raw", path], { signal })) as unknown;
  const { paths } = (await fetchJson("/openapi/v3")) as { paths: Record<string, unknown> };
  mkdirSync(unfinished, { recursive: true });
  try {
    for (const path of Object.keys(paths).filter((name) => /^apis?\//.test(name) && /\/v\d/.test(name))) {
      const document = (await fetchJson(`/openapi/v3/${path}`)) as {
        components?: { schemas?: Record<string, Schema> };
      };
      for (const [file, schema] of schemaFiles(document.components?.schemas ?? {})) {
        writeFileSync(join(unfinished, file), JSON.stringify(schema));
      }
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** One schema per kind, with all it refers to, by the file name kubeconform looks for. */
export function schemaFiles(schemas: Readonly<Record<string, Schema>>): Map<string, Schema> {
  const files = Object.entries(schemas).flatMap(([name, schema]) => {
    const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as readonly Kind[];
    const definitions = Object.fromEntries(
      [...referred(name, schemas)].map((key) => [key, strict(schemas[key] ?? {})]),
    );
    return kinds.map(({ group, version, kind }): [string, Schema] => [
      [kind.toLowerCase(), ...(group === "" ? [] : [group.split(".")[0]]), version].join("-") + ".json",
      { $ref: `${REF}${name}`, components: { schemas: definitions } },
    ]);
  });
  return new Map(files);
}

function referred(name: string, schemas: Readonly<Record<string, Schema>>, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const refs = JSON.stringify(schemas[name] ?? {}).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
  for (const [, ref = ""] of refs) referred(ref, schemas, seen);
  return seen;
}

/** A field that is not in the schema is refused, as the API server's strict validation does. */
function strict(schema: Schema): Schema {
  const isOpen =
    schema.properties === undefined ||
    schema.additionalProperties !== undefined ||
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  return isOpen ? schema : { ...schema, additionalProperties: false };
}
