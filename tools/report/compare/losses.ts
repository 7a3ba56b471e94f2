/** Which changes may lose data. One row per way; a change may be in several. */
import { isQuantity, parseQuantity } from "../../../config/schema/quantity";
import { upgradeProblem } from "../../../kubernetes/image-upgrade";
import { at, isKubernetes, kindOf, twinOf } from "./change";
import type { Action, Loss, LossKind, ObjectChange } from "./change";
import type { PathDifference } from "./differences";
import { images, storage } from "./pod-inputs";

/** What the rules are told about a change. */
export interface Judged {
  readonly change: ObjectChange;
  readonly action: Action;
  readonly differences: readonly PathDifference[];
  readonly replacedBecause: readonly string[];
  /** Every change beside it. */
  readonly all: readonly ObjectChange[];
}

interface LossRule {
  readonly kind: LossKind;
  /** What is lost, for a person; undefined if the rule does not hold. */
  readonly reason: (judged: Judged) => string | undefined;
}

/** What goes with an object of a kind. */
const HOLDS: Readonly<Record<string, string>> = {
  Namespace: "everything in the namespace goes with it, its claims too",
  PersistentVolumeClaim: "the volume's data goes with its claim",
  PersistentVolume: "the data on the volume may go with it",
  CustomResourceDefinition: "every object of this kind goes with it",
};

/** A store's pods are known by the component that makes them. */
const STORE = "vapora:index:Store$";

export const LOSS_RULES: readonly LossRule[] = [
  {
    kind: "deleted",
    reason: ({ change, action }) =>
      action === "deleted" && change.planned?.isLeftover !== true ? holds(change) : undefined,
  },
  {
    // a waiver for the replacement goes on to hold for the rest of it
    kind: "replaced",
    reason: ({ change }) => (change.planned?.isLeftover === true ? holds(change) : undefined),
  },
  {
    kind: "replaced",
    reason: ({ change, action, replacedBecause }) => {
      const lost = action === "replaced" ? holds(change) : undefined;
      return lost === undefined ? undefined : `${lost} (${replacedBecause.join(", ")} cannot change in place)`;
    },
  },
  {
    kind: "deleted",
    reason: ({ change: { before, after } }) => {
      if (at(after?.inputs, "spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") !== "Delete")
        return undefined;
      const [old, now] = [before, after].map((side) => Number(at(side?.inputs, "spec", "replicas") ?? 1));
      return (now ?? 0) < (old ?? 0) ? "the claims of the pods that are taken away are deleted" : undefined;
    },
  },
  {
    kind: "shrunk",
    reason: ({ change }) => {
      if (kindOf(change) !== "PersistentVolumeClaim") return undefined;
      const [old, now] = [change.before, change.after].map((side) =>
        String(at(side?.inputs, "spec", "resources", "requests", "storage")),
      );
      if (old === undefined || now === undefined || !isQuantity(old) || !isQuantity(now)) return undefined;
      if (parseQuantity(now) >= parseQuantity(old)) return undefined;
      return `a claim never shrinks: ${old} is there, ${now} would cut into it. Keep ${old}`;
    },
  },
  {
    kind: "unprotected",
    reason: ({ change: { before, after } }) =>
      before?.protect === true && after?.protect === false
        ? "it is no longer protected: the next change that deletes it deletes what it holds"
        : undefined,
  },
  {
    kind: "unprotected",
    reason: ({ change }) => {
      const { before, after } = change;
      const isOff = before?.retainOnDelete === true && after?.retainOnDelete === false;
      if (!isOff || (before.protect && !after.protect)) return undefined;
      const held = holds({ ...change, before: { ...before, retainOnDelete: false } });
      return held === undefined ? undefined : `it no longer stays when it leaves the program: then ${held}`;
    },
  },
  {
    kind: "unprotected",
    reason: ({ differences, action }) => {
      const policies = differences.filter(({ path }) => path.startsWith("spec.persistentVolumeClaimRetentionPolicy"));
      const text = (value: unknown): string => JSON.stringify(value ?? "");
      const isOff = policies.some(
        ({ before, after }) => !text(before).includes("Delete") && text(after).includes("Delete"),
      );
      return isOff && action !== "replaced" ? "the pods' claims no longer outlive the StatefulSet" : undefined;
    },
  },
  {
    kind: "downgraded",
    reason: ({ change: { urn, before, after } }) => {
      if (!urn.includes(STORE) || after === undefined) return undefined;
      const old = images(before);
      const problems = Object.entries(images(after)).flatMap(([container, image]) => {
        const was = old[container];
        return was === undefined ? [] : (upgradeProblem(was, image) ?? []);
      });
      return problems[0];
    },
  },
  {
    kind: "switched",
    reason: ({ change, action, all }) => {
      const { claims, hasTemplates } = storage(change.before);
      const [claim] = claims;
      if (action !== "deleted" || kindOf(change) !== "StatefulSet" || hasTemplates || claim === undefined)
        return undefined;
      if (twinOf(change, all) !== undefined) return undefined;
      const isKept = all.some(
        (other) =>
          kindOf(other) === "PersistentVolumeClaim" &&
          other.before !== undefined &&
          at(other.after?.inputs, "metadata", "name") === claim,
      );
      return (
        "this stack no longer runs it, and whoever used it reaches another store without its data. " +
        (isKept ? `Claim ${claim} is kept with the data` : `Claim ${claim} is not kept`)
      );
    },
  },
];

/** Every way in which a change may lose data. */
export function lossesOf(judged: Judged): Loss[] {
  const { before } = judged.change;
  return LOSS_RULES.flatMap(({ kind, reason }) => {
    const text = reason(judged);
    if (text === undefined) return [];
    const isStopped = before?.protect === true && (kind === "deleted" || kind === "replaced");
    return [
      { kind, reason: isStopped ? `${text}. It is protected: until that is taken away the engine refuses` : text },
    ];
  });
}

/** What is lost with an object; nothing for one that holds no data, or that stays in the cluster. */
function holds(change: ObjectChange): string | undefined {
  const { type, before } = change;
  if (before?.retainOnDelete === true) return undefined;
  if (type.startsWith("random:"))
    return "the generated value is gone for good, and what it protects may not open again";
  if (!isKubernetes(change)) return undefined;
  const kind = kindOf(change);
  if (kind === "StatefulSet" && storage(before).hasTemplates) {
    const isDeleted = at(before?.inputs, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") === "Delete";
    return isDeleted
      ? "its pods' claims are deleted with it"
      : "its pods' claims stay as they are, in size and class too, and the set is gone meanwhile";
  }
  return HOLDS[kind];
}
