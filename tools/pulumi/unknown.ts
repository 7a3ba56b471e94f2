/** Objects that are on the cluster under a name the stack wants, and that its state does not hold. */
import { kubernetesObjects } from "../recording/recording";
import type { Recording } from "../recording/recording";
import { unknownKinds } from "../cluster/live";
import type { Cluster } from "../cluster/kubectl";
import { identity, liveObjects } from "../cluster/live";
import { ownerOf } from "./owner";
import type { LiveObject } from "../cluster/live";
import { heldUrns, stateObjects } from "./state";
import type { State } from "./state";

/** One of them. */
export interface UnknownObject {
  /** What the program would make there. */
  readonly urn: string;
  readonly object: LiveObject;
  /** True if it carries the mark of the stack. */
  readonly isOwn: boolean;
}

/** Where to look, and for what. */
export interface UnknownOptions {
  readonly recording: Recording;
  readonly state: State;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

/**
 * Finds them. Only where the state lacks something of the program is the cluster asked.
 *
 * A Job that changes gets another name: of an interrupted replacement the state has the old one under the URN of both.
 */
export async function unknownObjects({
  recording,
  state,
  cluster,
  signal,
}: UnknownOptions): Promise<readonly UnknownObject[]> {
  const held = heldUrns(state);
  const names = new Set(stateObjects(state).map(({ object }) => identity(object)));
  const lacking = kubernetesObjects(recording).filter(
    ({ resource, object }) => !held.has(resource.urn) || (object.kind === "Job" && !names.has(identity(object))),
  );
  if (lacking.length === 0) return [];
  const objects = lacking.map(({ object }) => object);
  const unserved = await unknownKinds({ cluster, objects, signal });
  const served = lacking.filter(({ object }) => unserved.get(object.apiVersion)?.includes(object.kind) !== true);
  const live = await liveObjects(
    cluster,
    served.map(({ object }) => object),
    signal,
  );
  return served.flatMap(({ resource: { urn }, object: wanted }) => {
    const object = live.get(identity(wanted));
    if (object === undefined) return [];
    const owner = ownerOf(object, state);
    // a resource that got another name in the program: its object is the state's
    return owner === "state" ? [] : [{ urn, object, isOwn: owner === "own" }];
  });
}
