/** Whose an object on a cluster is. */
import { STACK_MARK } from "../../components/stack-mark";
import { valueAt } from "../../config/value-at";
import type { LiveObject } from "../cluster/live";
import { identity } from "../cluster/live";
import type { KubernetesObject } from "../recording/recording";
import { UserError } from "../shared/user-error";
import { type State, stateObjects } from "./state";

/** Whose an object is, seen from a stack. */
export type Owner = "state" | "own" | "foreign" | "unknown";

/** Every cluster knows these kinds, so that {@link liveObjects} can ask any for them. */
const COMMON = ["v1", "apps/v1"];

/** The objects of a state that tell its cluster from others, by their UID, which they have from it. */
export function tellingObjects(state: State): { readonly object: KubernetesObject; readonly uid: string }[] {
  // an interrupted destroy may have come to their end
  const going = state.pending.filter(({ type }) => type === "deleting").map(({ resource: { urn } }) => urn);
  return stateObjects(state).flatMap(({ resource: { urn, outputs }, object }) => {
    const uid = valueAt(outputs, ["metadata", "uid"]);
    const isTelling = typeof uid === "string" && COMMON.includes(object.apiVersion) && !going.includes(urn);
    return isTelling ? [{ object, uid }] : [];
  });
}

/**
 * For a stack that pins no cluster: is this the one it was deployed to?
 * @param live What the cluster has of the {@link tellingObjects} of the state, and more.
 * @throws UserError if there are such objects, and the cluster has none of them: compared with it, all would be gone.
 */
export function expectOwnObjects(stack: string, state: State, live: ReadonlyMap<string, LiveObject>): void {
  const known = tellingObjects(state);
  if (known.length === 0 || known.some(({ object, uid }) => live.get(identity(object))?.metadata.uid === uid)) return;
  throw new UserError(
    `The cluster has none of the ${String(known.length)} objects that the state of stack ${stack} holds. Is it another one? ` +
      "Choose the right kubeconfig and context. If they were all deleted there, pin the cluster and run this again: type " +
      `pulumi config set --path cluster.kubeSystemUid $(kubectl get namespace kube-system -o jsonpath={.metadata.uid}) --stack ${stack}`,
  );
}

/**
 * Whose a live object is: `state` if the stack's state holds it, `own` if it has the stack's mark and the state does not
 * know it, `foreign` otherwise. Where the state cannot be read a marked object's owner is `unknown`.
 */
export function ownerOf(object: LiveObject, state: State | undefined): Owner {
  const mark = object.metadata.annotations?.[STACK_MARK];
  if (state === undefined) return mark === undefined ? "foreign" : "unknown";
  if (stateObjects(state).some((known) => identity(known.object) === identity(object))) return "state";
  return mark !== undefined && mark === state.mark ? "own" : "foreign";
}
