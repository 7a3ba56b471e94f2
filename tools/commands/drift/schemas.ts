/** What an API server says of the form of its objects, as far as it decides what belongs to whom. */
import { kubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import type { KubernetesObject } from "../../recording/recording";

/** How a list is merged: `map` item by item, `set` value by value, `atomic` not at all. */
type ListType = "map" | "set" | "atomic";

/**
 * A part of an object.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly "x-kubernetes-list-type"?: ListType;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "granular" | "atomic";
  readonly "x-kubernetes-group-version-kind"?: readonly Readonly<Record<"group" | "version" | "kind", string>>[];
  readonly $ref?: string;
  /** `quantity`: an amount, which may be written in several ways. */
  readonly format?: string;
  readonly allOf?: readonly Schema[];
}

/** Finds the schema of an object, and of what lies inside one. */
export interface Schemas {
  /** Nothing for a kind whose form the API server does not tell. */
  readonly of: (object: KubernetesObject) => Schema | undefined;
  /** A schema with what it refers to in its place. */
  readonly resolved: (schema: Schema | undefined) => Schema;
}

const REFERENCE = "#/components/schemas/";
const QUANTITY = ".api.resource.Quantity";

/** Asks an API server for the schemas of some objects. @throws UserError with kubectl's words. */
export async function readSchemas(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<Schemas> {
  const versions = [...new Set(objects.map(({ apiVersion }) => apiVersion))];
  const answers = await Promise.all(
    versions.map(async (version) => {
      const path = version.includes("/") ? `apis/${version}` : `api/${version}`;
      const text = await kubectl(cluster, ["get", "--raw", `/openapi/v3/${path}`, "--request-timeout=10s"], { signal });
      return (JSON.parse(text) as { components?: { schemas?: Record<string, Schema> } }).components?.schemas ?? {};
    }),
  );
  // a name means the same in each of them
  return schemasIn(Object.assign({}, ...answers) as Record<string, Schema>);
}

/** The schemas of an OpenAPI document by name. */
export function schemasIn(byName: Readonly<Record<string, Schema>>): Schemas {
  const kinds = new Map(
    Object.values(byName).flatMap((schema) =>
      (schema["x-kubernetes-group-version-kind"] ?? []).map(({ group, version, kind }) => [
        `${group === "" ? "" : `${group}/`}${version} ${kind}`,
        schema,
      ]),
    ),
  );
  const resolved = (schema: Schema | undefined): Schema => {
    const { $ref, allOf: [only] = [], ...own } = schema ?? {};
    const target = $ref === undefined ? only : byName[$ref.slice(REFERENCE.length)];
    const amount = $ref?.endsWith(QUANTITY) === true ? { format: "quantity" } : {};
    return target === undefined ? own : { ...resolved(target), ...own, ...amount };
  };
  return { resolved, of: ({ apiVersion, kind }) => kinds.get(`${apiVersion} ${kind}`) };
}
