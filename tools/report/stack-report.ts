/** What a change does to one stack, as data: what a person reads is made from it, and nothing else. */
import { classOf, compareRecordings, rollingOrder } from "./compare";
import type { Change, ChangeClass, Loss } from "./compare";
import { images } from "./compare/pod-inputs";
import type { Recording } from "../recording/recording";
import type { Waiver } from "./waivers";
import { architectureOf } from "./architecture";
import type { Architecture } from "./architecture";
import { capacityOf } from "./capacity";
import type { Capacity } from "./capacity";
import type { LearningShifts } from "./learning-effects";
import { endpointChanges, outputChanges, reachabilityChanges } from "./seen-from-outside";
import type { Gains } from "./seen-from-outside";
import type { Sides } from "../recording/both-sides";

/** An image that changes. */
export interface ImageChange {
  readonly object: string;
  readonly container: string;
  readonly before: string;
  readonly after: string;
}

/** A loss that somebody has allowed. */
export interface WaivedLoss {
  readonly object: string;
  readonly waiver: Waiver;
}

/**
 * How a stack comes out: `broken` could not be compared, `gone` has no file any more, `new` had none in the base,
 * `data-at-risk` may lose data without a waiver.
 */
export type Verdict = "broken" | "gone" | "data-at-risk" | "new" | "changed" | "unchanged";

/** The report on one stack. */
export interface StackReport {
  readonly stack: string;
  readonly verdict: Verdict;
  /** What is wrong on either side, as the program says it. */
  readonly errors: readonly { readonly side: "base" | "head" | "preview"; readonly message: string }[];
  readonly counts: Readonly<Partial<Record<ChangeClass, number>>>;
  /** All that is not unchanged, data at risk first. */
  readonly changes: readonly Change[];
  /** Groups of workloads whose pods are replaced, one group after the other. */
  readonly rolling: readonly (readonly string[])[];
  readonly waived: readonly WaivedLoss[];
  readonly images: readonly ImageChange[];
  /** @default - not known: there is no recording of both sides */
  readonly capacity?: { readonly before: Capacity; readonly after: Capacity };
  readonly reachability?: Gains;
  readonly endpoints?: Gains;
  /** Names of the stack's outputs that differ. */
  readonly outputs?: readonly string[];
  /** @default - not known: no recording says who calls whom */
  readonly architecture?: Architecture | undefined;
  /** What other settings of learning shift. @default - they are the same */
  readonly learning?: LearningShifts;
}

/** Compares the two sides of a stack. */
export function reportStack(stack: string, { base, head }: Sides): StackReport {
  const errors = [
    ...("error" in base ? [{ side: "base" as const, message: base.error }] : []),
    ...("error" in head ? [{ side: "head" as const, message: head.error }] : []),
  ];
  if (errors.length > 0) return { ...reportChanges(stack, []), verdict: "broken", errors };
  if (!("recording" in head)) return { ...reportChanges(stack, [gone(stack)]), verdict: "gone" };
  const old = "recording" in base ? base.recording : empty(head.recording);
  const made = reportChanges(stack, compareRecordings(old, head.recording));
  return {
    ...made,
    verdict: "recording" in base ? made.verdict : "new",
    capacity: { before: capacityOf(old), after: capacityOf(head.recording) },
    reachability: reachabilityChanges(old, head.recording),
    endpoints: endpointChanges(old, head.recording),
    outputs: outputChanges(old, head.recording),
    architecture: architectureOf(old, head.recording, made.changes),
  };
}

/** The part of a report that follows from the changes alone. */
export function reportChanges(stack: string, all: readonly Change[]): StackReport {
  const changes = all.filter(({ action, losses }) => action !== "unchanged" || losses.length > 0);
  const counts: Partial<Record<ChangeClass, number>> = {};
  for (const change of all) counts[classOf(change)] = (counts[classOf(change)] ?? 0) + 1;
  const atRisk = changes.some(({ losses }) => losses.length > 0);
  return {
    stack,
    verdict: atRisk ? "data-at-risk" : changes.length > 0 ? "changed" : "unchanged",
    errors: [],
    counts,
    changes,
    rolling: rollingOrder(all),
    waived: [],
    images: changes.flatMap(imageChanges),
  };
}

function imageChanges({ object, before, after }: Change): ImageChange[] {
  const [old, now] = [images(before), images(after)];
  return Object.entries(now).flatMap(([container, image]) => {
    const was = old[container];
    return was === undefined || was === image ? [] : [{ object, container, before: was, after: image }];
  });
}

/** A stack whose file has gone, as a change of the stack itself. */
function gone(stack: string): Change {
  const loss: Loss = {
    kind: "deleted",
    reason:
      `Pulumi.${stack}.yaml is gone: from now on nobody deploys the stack, and all it has in its cluster stays there ` +
      "until `pulumi destroy`",
  };
  return {
    urn: "",
    type: "pulumi:pulumi:Stack",
    name: stack,
    object: `Stack ${stack}`,
    kind: "Stack",
    objectName: stack,
    action: "deleted",
    outage: false,
    replacedBecause: [],
    losses: [loss],
    differences: [],
    consumers: [],
    rolls: [],
    notes: [],
  };
}

function empty({ project, stack }: Recording): Recording {
  return { project, stack, resources: [], outputs: {}, secretOutputs: [] };
}
