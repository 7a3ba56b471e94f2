/** What a change is made of: one object as it was and as it shall be, and what that means for an operator. */
import { isDeepStrictEqual } from "node:util";
import { valueAt } from "../../../config/value-at";
import type { Json, Path } from "../../recording/recording";

/** One side of an object. */
export interface ObjectState {
  readonly urn: string;
  /** Inputs as registered. Secret ones are made up in a recording, and masked in a preview. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** Where inputs are secret; every value of a Secret is, whether it is in here or not. */
  readonly secretInputs: readonly Path[];
  readonly protect: boolean;
  /** True where the object stays in the cluster when it leaves the program. */
  readonly retainOnDelete: boolean;
  /** URN of the provider resource. */
  readonly provider?: string | undefined;
  /** URNs it waits for. */
  readonly dependencies: readonly string[];
  /** URNs each input's value comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

/** What the engine has decided about an object, where it has been asked. It outweighs every rule of ours. */
export interface Planned {
  readonly operation: "same" | "create" | "update" | "replace" | "delete";
  /** Where the engine sees a difference, secret values included. */
  readonly paths: readonly Path[];
  /** What makes it replace the object, in its own words, e.g. `spec.storageClassName`, `provider`. */
  readonly replaceReasons: readonly string[];
  /** True for the deletion of what an earlier run has replaced and not come to delete. @default false */
  readonly isLeftover?: boolean;
}

/** An object on two sides: the abstract change that recordings and the steps of a preview both give. */
export interface ObjectChange {
  /** URN it has now; the old one if it goes. */
  readonly urn: string;
  /** Type token, e.g. `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** @default - it is new */
  readonly before?: ObjectState | undefined;
  /** @default - it goes */
  readonly after?: ObjectState | undefined;
  /** @default - no engine was asked */
  readonly planned?: Planned | undefined;
}

/** What happens to an object. */
export type Action = "unchanged" | "metadata" | "in-place" | "rolls" | "replaced" | "created" | "deleted";

/**
 * A class of change: what happens to the object, or that data may be lost by it, which outweighs the rest.
 * `metadata`: labels, annotations or protection alone. `rolls`: its pods are replaced.
 */
export type ChangeClass = Action | "data-at-risk";

/**
 * How data may be lost: `deleted` and `replaced` with its object, `shrunk` claim, `unprotected` (protection or
 * retention switched off), `downgraded` image of a store, `switched` from a bundled store to an external one.
 */
export const LOSS_KINDS = ["deleted", "replaced", "shrunk", "unprotected", "downgraded", "switched"] as const;
export type LossKind = (typeof LOSS_KINDS)[number];

/** One way in which a change may lose data. */
export interface Loss {
  readonly kind: LossKind;
  /** For a person: what is lost, and what may be done about it. */
  readonly reason: string;
}

/** One value that differs. Secret ones are {@link MASK} on both sides. */
export interface Difference {
  /** Readable path, list items by name: `spec.template.spec.containers[backend].image`. */
  readonly path: string;
  /** @default - it was not there */
  readonly before?: Json | undefined;
  /** @default - it is gone */
  readonly after?: Json | undefined;
}

/** A classified change. */
export interface Change extends ObjectChange {
  /** `<kind> <logical name>`, e.g. `Deployment backend`: what a waiver names. */
  readonly object: string;
  readonly kind: string;
  /** Name in the cluster; of something that is no Kubernetes object, the logical one. */
  readonly objectName: string;
  readonly action: Action;
  /** True if it does not serve meanwhile: the old pods or the old object go before the new ones are there. */
  readonly outage: boolean;
  /** What makes it be replaced. Empty unless it is. */
  readonly replacedBecause: readonly string[];
  readonly losses: readonly Loss[];
  readonly differences: readonly Difference[];
  /** Workloads that read this ConfigMap or Secret, by logical name; those among them whose pods roll stand in `rolls`. */
  readonly consumers: readonly string[];
  /** Workloads whose pods roll with it. */
  readonly rolls: readonly string[];
  /** Facts a reader needs beside the class. */
  readonly notes: readonly string[];
}

/** The class of a change. */
export function classOf({ action, losses }: Pick<Change, "action" | "losses">): ChangeClass {
  return losses.length > 0 ? "data-at-risk" : action;
}

/** Last part of a type token: `Deployment`. A custom resource says its kind itself. */
export function kindOf({ type, before, after }: Pick<ObjectChange, "type" | "before" | "after">): string {
  const kind = (after ?? before)?.inputs.kind;
  return typeof kind === "string" && kind !== "" ? kind : (type.split(":").at(-1) ?? type);
}

/** True for an object of a cluster. */
export function isKubernetes({ type }: Pick<ObjectChange, "type">): boolean {
  return type.startsWith("kubernetes:");
}

/** The value at a path inside inputs; undefined if there is none. */
export function at(value: unknown, ...path: Path): unknown {
  return valueAt(value, path);
}

/** For one that is deleted the created one that stands for the same object of the cluster, and the other way round. */
export function twinOf(change: ObjectChange, all: readonly ObjectChange[]): ObjectChange | undefined {
  if (!isKubernetes(change)) return undefined;
  const place = ({ before, after }: ObjectChange): unknown[] =>
    ["name", "namespace"].map((key) => at((after ?? before)?.inputs, "metadata", key));
  const own = place(change);
  return all.find((other) => {
    const isOther = change.after === undefined ? other.before === undefined : other.after === undefined;
    return isOther && other.urn !== change.urn && other.type === change.type && isDeepStrictEqual(place(other), own);
  });
}
