/** What differs on a cluster from what was deployed to it. */
import { classify } from "../../report/compare";
import type { Change, ObjectState } from "../../report/compare";
import type { StackFile } from "../../recording/project";
import type { Json, KubernetesObject } from "../../recording/recording";
import { reportChanges, reportOf } from "../../report";
import type { Report } from "../../report";
import { UserError } from "../../shared/user-error";
import { unknownKinds } from "../../cluster/live";
import { expectCluster } from "../../pulumi/pinned-cluster";
import { presentDay } from "../../report/judge-preview";
import type { Cluster } from "../../cluster/kubectl";
import { identity, liveObjects } from "../../cluster/live";
import { count } from "../../shared/text";
import { expectOwnObjects } from "../../pulumi/owner";
import type { LiveObject } from "../../cluster/live";
import type { PulumiStack } from "../../pulumi/stack";
import { readState } from "../../pulumi/state";
import { deployedObjects, OPEN_SECRETS } from "./deployed";
import type { DeployedObject } from "./deployed";
import { ownedPart } from "./owned";
import { readSchemas } from "./schemas";

/** Writers that Kubernetes itself is made of, and pulumi. */
const KNOWN_WRITERS = /^(kube-|pulumi-kubernetes)/;

/** Where to look. */
export interface DriftOptions {
  readonly file: StackFile;
  readonly pulumi: PulumiStack;
  /** The cluster the stack was deployed to. */
  readonly cluster: Cluster;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface Drift {
  /** From what was deployed to the cluster. */
  readonly report: Report;
  /** Objects that differ or are gone, in the order they were made. */
  readonly objects: readonly DeployedObject[];
  /** Those among them in which `pulumi up --refresh` may see nothing, by `<kind> <logical name>`. */
  readonly unseen: readonly string[];
  /** Operations whose end the state does not know: what it says was deployed may not be so. */
  readonly pending: number;
}

/**
 * Compares what the state says was deployed with the cluster: fields that the program sets, and no others. Reads only.
 * @throws UserError if it is not the stack's cluster, nothing was deployed, or state or cluster cannot be read; Interrupted.
 */
export async function findDrift({ file, pulumi, cluster, progress, signal }: DriftOptions): Promise<Drift> {
  const { pinned, message } = await expectCluster(file, cluster, signal);
  progress(message);
  progress("reading the state");
  const state = await readState(pulumi, OPEN_SECRETS);
  if (state === undefined) throw new UserError(`The backend has no stack ${file.stack}: nothing was deployed.`);
  const deployed = deployedObjects(state);
  progress(`comparing ${String(deployed.length)} objects with the cluster`);
  const all = deployed.map(({ object }) => object);
  const unserved = await unknownKinds({ cluster, objects: all, signal: signal ?? new AbortController().signal });
  // what the cluster has forgotten the kind of is gone
  const served = all.filter(({ apiVersion, kind }) => unserved.get(apiVersion)?.includes(kind) !== true);
  const [live, schemas] = await Promise.all([
    liveObjects(cluster, served, signal),
    readSchemas(cluster, served, signal),
  ]);
  if (pinned === undefined) expectOwnObjects(file.stack, state, live);
  const classified = classify(
    deployed.map(({ resource: { urn, type }, object, made, secretInputs }) => {
      const found = live.get(identity(object));
      const isThere = found !== undefined && found.metadata.deletionTimestamp === undefined;
      const side = (inputs: Json): ObjectState => ({
        ...{ urn, secretInputs, protect: false, retainOnDelete: false, dependencies: [], propertyDependencies: {} },
        inputs: inputs as Record<string, Json>,
      });
      return {
        ...{ urn, type, name: urn.split("::").at(-1) ?? "" },
        before: side(object as unknown as Json),
        after: isThere ? side(ownedPart(object, made, found, schemas)) : undefined,
      };
    }),
  );
  const byUrn = new Map(deployed.map(({ resource, object }) => [resource.urn, live.get(identity(object))]));
  const changes = classified.map((change) => asDrift(change, byUrn.get(change.urn)));
  const differing = changes.filter(({ action }) => action !== "unchanged");
  const urns = new Set(differing.map(({ urn }) => urn));
  const open = state.pending.length;
  return {
    report: reportOf([reportChanges(file.stack, changes)], {
      ...{ base: "what was deployed", head: "the cluster", title: "What differs on the cluster" },
      ...{ waivers: [], stackNames: [file.stack], today: presentDay() },
      problems:
        open === 0
          ? []
          : [`An interrupted deployment left ${count(open, "operation")} open: npm run recover -- ${file.stack}`],
    }),
    objects: deployed.filter(({ resource }) => urns.has(resource.urn)),
    unseen: differing.filter(isAddition).map(({ object }) => object),
    pending: open,
  };
}

/** A change that has happened, and not one that is to come: nothing rolls or is replaced by it any more. */
function asDrift(change: Change, live: LiveObject | undefined): Change {
  const action = change.action === "rolls" || change.action === "replaced" ? "in-place" : change.action;
  const past = { action, outage: false, replacedBecause: [], consumers: [], rolls: [] };
  return { ...change, ...past, notes: action === "unchanged" || live === undefined ? [] : notesOf(change, live) };
}

function notesOf({ kind, action, differences }: Change, live: LiveObject): string[] {
  if (live.metadata.deletionTimestamp !== undefined) return ["it is being deleted"];
  const size = differences.find(({ path }) => path === "spec.resources.requests.storage")?.after;
  const writers = writersOf(live);
  return [
    ...(action === "rolls" ? ["to put it back rolls its pods"] : []),
    ...(kind === "PersistentVolumeClaim" && typeof size === "string"
      ? [`a claim never shrinks: set its storage.size to ${size}`]
      : []),
    ...(writers.length > 0 ? [`written by ${writers.join(", ")}`] : []),
  ];
}

/** Who else has set fields of an object, and when last, e.g. `kubectl-edit (2027-01-31T12:00:00Z)`. */
function writersOf({ metadata }: LiveObject): string[] {
  const { managedFields = [] } = metadata as KubernetesObject["metadata"] & {
    readonly managedFields?: readonly { readonly manager: string; readonly time?: string }[];
  };
  const others = managedFields.filter(({ manager }) => !KNOWN_WRITERS.test(manager));
  return [...new Set(others.map(({ manager, time }) => (time === undefined ? manager : `${manager} (${time})`)))];
}

/** True where all that was deployed is there, with more beside it: the Kubernetes provider looks for no more than that. */
function isAddition({ action, differences }: Change): boolean {
  return action === "in-place" && differences.length > 0 && differences.every(({ before }) => before === undefined);
}
