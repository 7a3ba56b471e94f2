/**
 * When an object is replaced instead of updated: the provider's own list.
 * @see https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/diff.go
 */
import { UNREAD } from "../../recording/recording";
import type { Json, Path } from "../../recording/recording";
import { at, isKubernetes } from "./change";
import type { ObjectChange, ObjectState } from "./change";
import { startsWith } from "./differences";
import type { PathDifference } from "./differences";

/** Inputs that cannot change in place, of some kinds. */
export interface ReplacementRule {
  /** Type tokens without the leading `kubernetes:`; none for every object. */
  readonly types: readonly string[];
  /** Paths into the inputs; whatever lies inside counts. */
  readonly paths: readonly string[];
  /** @default - always */
  readonly unless?: (object: ObjectState, provider: ObjectState | undefined) => boolean;
}

/** The provider replaces an object whose name it was given by deleting it first. */
export const REPLACEMENT_RULES: readonly ReplacementRule[] = [
  { types: [], paths: ["metadata.name", "metadata.namespace"] },
  { types: ["apps/v1:Deployment", "apps/v1:DaemonSet"], paths: ["spec.selector"] },
  {
    types: ["apps/v1:StatefulSet"],
    paths: [
      "spec.podManagementPolicy",
      "spec.revisionHistoryLimit",
      "spec.selector",
      "spec.serviceName",
      "spec.volumeClaimTemplates",
    ],
  },
  {
    types: ["core/v1:PersistentVolumeClaim"],
    paths: ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  },
  {
    types: ["batch/v1:Job"],
    paths: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  },
  { types: ["core/v1:Service"], paths: ["spec.clusterIP"] },
  {
    types: ["rbac.authorization.k8s.io/v1:RoleBinding", "rbac.authorization.k8s.io/v1:ClusterRoleBinding"],
    paths: ["roleRef"],
  },
  { types: ["core/v1:ResourceQuota"], paths: ["spec.scopes"] },
  { types: ["storage.k8s.io/v1:StorageClass"], paths: ["parameters", "provisioner"] },
  { types: ["core/v1:Secret"], paths: ["type"] },
  {
    types: ["core/v1:Secret"],
    paths: ["data", "stringData"],
    unless: (object, provider) => isMutable(object, provider, "enableSecretMutable"),
  },
  {
    types: ["core/v1:ConfigMap"],
    paths: ["data", "binaryData"],
    unless: (object, provider) => isMutable(object, provider, "enableConfigMapMutable"),
  },
];

const PROVIDER = "pulumi:providers:kubernetes";

/**
 * The identifier of a pinned cluster comes from a cluster that a recording has not asked; it is the one by which the
 * other provider asks.
 */
export function withIdentifiers(changes: readonly ObjectChange[]): ObjectChange[] {
  const known = (side: "before" | "after"): Json | undefined =>
    changes
      .filter(({ type }) => type === PROVIDER)
      .map((change) => change[side]?.inputs.clusterIdentifier)
      .find((identifier) => identifier !== undefined && identifier !== UNREAD);
  const filled = (state: ObjectState | undefined, side: "before" | "after"): ObjectState | undefined => {
    const clusterIdentifier = known(side);
    return state?.inputs.clusterIdentifier !== UNREAD || clusterIdentifier === undefined
      ? state
      : { ...state, inputs: { ...state.inputs, clusterIdentifier } };
  };
  return changes.map((change) =>
    change.type === PROVIDER
      ? { ...change, before: filled(change.before, "before"), after: filled(change.after, "after") }
      : change,
  );
}

/** What makes an object be replaced, as paths; empty where it is updated. */
export function replacedBecause(
  change: ObjectChange,
  differences: readonly PathDifference[],
  provider: ObjectState | undefined,
): string[] {
  const { type, before, after } = change;
  if (before === undefined || after === undefined) return [];
  if (type === PROVIDER) return otherCluster(before, after);
  // every argument of a random value makes a new one
  if (type.startsWith("random:")) return differences.filter(({ path }) => path !== "protect").map(({ path }) => path);
  if (!isKubernetes(change)) return [];
  const paths = replacingPaths(type, after, provider);
  const changed = paths.filter((path) => differences.some((difference) => touches(difference, path.split("."))));
  return changed.filter((path) => !changed.some((outer) => path.startsWith(`${outer}.`)));
}

/** True if an object cannot stay while it is not known what one of its inputs will be. */
export function isReplacedByUnknown(type: string, property: string, object: ObjectState): boolean {
  if (!type.startsWith("kubernetes:")) return false;
  return replacingPaths(type, object, undefined).some((path) => path.split(".")[0] === property);
}

/** True where the old object goes before the new one comes: both would have the same name. */
export function isDeletedFirst({ before, after, type }: ObjectChange): boolean {
  if (!type.startsWith("kubernetes:")) return false;
  return ["name", "namespace"].every(
    (key) => at(before?.inputs, "metadata", key) === at(after?.inputs, "metadata", key),
  );
}

function replacingPaths(type: string, object: ObjectState, provider: ObjectState | undefined): string[] {
  const token = type.replace(/^kubernetes:/, "");
  return REPLACEMENT_RULES.filter(
    ({ types, unless }) => (types.length === 0 || types.includes(token)) && !(unless?.(object, provider) ?? false),
  ).flatMap(({ paths }) => paths);
}

/** A difference inside a path, or one of something that holds the path and has come with a value for it. */
function touches({ at: where, after }: PathDifference, path: Path): boolean {
  if (startsWith(where, path)) return true;
  return startsWith(path, where) && at(after, ...path.slice(where.length)) !== undefined;
}

function isMutable(
  { inputs }: ObjectState,
  provider: ObjectState | undefined,
  switchedOn: "enableConfigMapMutable" | "enableSecretMutable",
): boolean {
  if (inputs.immutable === true) return false;
  // a provider's arguments travel as text
  return provider === undefined || ["true", true].includes(provider.inputs[switchedOn] as string | boolean);
}

/** Another cluster is another set of objects. A name for it that stays makes the rest a matter of how it is reached. */
function otherCluster(before: ObjectState, after: ObjectState): string[] {
  const [old, now] = [before.inputs.clusterIdentifier, after.inputs.clusterIdentifier];
  if (old !== undefined && now !== undefined) return old === now ? [] : ["clusterIdentifier"];
  return ["kubeconfig", "context", "cluster"].filter(
    (key) => JSON.stringify(before.inputs[key]) !== JSON.stringify(after.inputs[key]),
  );
}
