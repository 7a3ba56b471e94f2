/** Objects as they are on a cluster. */
import { groupBy } from "../shared/text";
import type { KubernetesObject } from "../recording/recording";
import { UserError } from "../shared/user-error";
import { REQUEST_TIMEOUT, tryKubectl } from "./kubectl";
import type { Cluster } from "./kubectl";

/** A live object. */
export interface LiveObject extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & {
    readonly uid: string;
    readonly annotations?: Record<string, string>;
    readonly labels?: Record<string, string>;
    readonly deletionTimestamp?: string;
  };
}

/** What tells an object from all others, whatever the version of its API. */
export function identity({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return [group, kind, metadata.namespace ?? "", metadata.name].join("/");
}

/** `<kind> <name>`, e.g. `Deployment vapora-backend`. */
export function titleOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

/**
 * Those of some objects that exist, by {@link identity}. One call of kubectl, which needs the right `get` alone.
 * @throws UserError with kubectl's words, e.g. where the cluster does not know a kind.
 */
export async function liveObjects(
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, LiveObject>> {
  if (objects.length === 0) return new Map();
  const asked = objects.map(({ apiVersion, kind, metadata: { name, namespace } }) =>
    JSON.stringify({ apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }),
  );
  const args = ["get", "-f", "-", "--ignore-not-found", "--show-managed-fields", "-o", "json", "--request-timeout=10s"];
  const result = await tryKubectl(cluster, args, { input: asked.join("\n---\n"), signal });
  if (result.code !== 0) throw new UserError(`kubectl get failed:\n${result.stderr.trim()}`);
  if (result.stdout.trim() === "") return new Map();
  const answer = JSON.parse(result.stdout) as LiveObject & { readonly items?: readonly LiveObject[] };
  const found = answer.kind === "List" ? (answer.items ?? []) : [answer];
  return new Map(found.map((object) => [identity(object), object]));
}

/**
 * Versions of APIs among the objects that the cluster does not serve, with their kinds.
 * @throws UserError if the cluster does not say what it serves
 */
export async function unknownKinds({
  cluster,
  objects,
  signal,
}: {
  readonly cluster: Cluster;
  readonly objects: readonly KubernetesObject[];
  readonly signal: AbortSignal;
}): Promise<Map<string, string[]>> {
  const kinds = groupBy(objects, ({ apiVersion }) => apiVersion);
  const missing = await Promise.all(
    [...kinds].map(async ([version, group]): Promise<[string, string[]]> => {
      const path = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
      const { code, stdout, stderr } = await tryKubectl(cluster, ["get", "--raw", path, REQUEST_TIMEOUT], { signal });
      if (code !== 0 && !stderr.includes("(NotFound)"))
        throw new UserError(`The cluster does not say which kinds of ${version} it serves:\n${stderr.trim()}`);
      const served = code === 0 ? (JSON.parse(stdout) as { resources: { kind: string }[] }).resources : [];
      const wanted = [...new Set(group.map(({ kind }) => kind))];
      return [version, wanted.filter((kind) => !served.some((resource) => resource.kind === kind))];
    }),
  );
  return new Map(missing.filter(([, lacking]) => lacking.length > 0));
}
