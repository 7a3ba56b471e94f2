/** From an object on two sides to what happens to it. */
import { at, kindOf, twinOf } from "./change";
import type { Action, Change, ObjectChange, ObjectState } from "./change";
import { differencesOf, startsWith } from "./differences";
import type { PathDifference } from "./differences";
import { lossesOf } from "./losses";
import { isDeletedFirst, isReplacedByUnknown, replacedBecause, withIdentifiers } from "./replacement";
import { consumersOf } from "./rolling";
import { hasGap, ROLLING_KINDS, rollsByItself, templatePath } from "./pod-inputs";

/** What is only said about an object, and changes nothing that runs. */
const METADATA = [["metadata", "labels"], ["metadata", "annotations"], ["protect"], ["retainOnDelete"]];
/** Kinds whose absence is an outage. */
const SERVING = ["Deployment", "StatefulSet", "DaemonSet", "Pod", "Service", "Ingress", "HTTPRoute"];
const ORDER: readonly Action[] = ["deleted", "replaced", "rolls", "created", "in-place", "metadata", "unchanged"];

interface Draft {
  readonly change: ObjectChange;
  readonly differences: readonly PathDifference[];
  readonly reasons: readonly string[];
}

/** Classifies changes together: what is replaced takes others along. Data at risk comes first. */
export function classify(all: readonly ObjectChange[]): Change[] {
  const changes = withIdentifiers(all);
  const providers = new Map(changes.map((change) => [change.urn, change.after ?? change.before]));
  const drafts = changes.map((change): Draft => {
    const differences = differencesOf(change);
    const provider = providers.get(change.after?.provider ?? "");
    return { change, differences, reasons: change.planned ? [] : replacedBecause(change, differences, provider) };
  });
  const reasons = withDependents(drafts);
  const rolling = new Set<string>();
  const actions = drafts.map(({ change, differences }) => {
    const action = actionOf(change, differences, reasons.get(change.urn) ?? []);
    if (action === "rolls" || action === "replaced") rolling.add(change.urn);
    return action;
  });
  return drafts
    .map(({ change, differences }, index) =>
      finished(change, differences, actions[index] ?? "unchanged", reasons.get(change.urn) ?? [], changes, rolling),
    )
    .sort(inOrder);
}

function finished(
  change: ObjectChange,
  differences: readonly PathDifference[],
  action: Action,
  because: readonly string[],
  all: readonly ObjectChange[],
  rolling: ReadonlySet<string>,
): Change {
  const kind = kindOf(change);
  const name = at((change.after ?? change.before)?.inputs, "metadata", "name");
  const touched = action !== "unchanged" && action !== "metadata";
  const consumers = touched ? consumersOf(change, differences, all) : [];
  const losses = lossesOf({ change, action, differences, replacedBecause: because, all });
  return {
    ...change,
    object: `${kind} ${change.name}`,
    kind,
    objectName: typeof name === "string" ? name : change.name,
    action,
    outage: isOutage(change, action, all),
    replacedBecause: because,
    losses,
    differences: differences.map(({ path, before, after }) => ({ path, before, after })),
    consumers: consumers.map((other) => other.name).sort(),
    rolls: consumers
      .filter(({ urn }) => rolling.has(urn))
      .map((other) => other.name)
      .sort(),
    notes: notesOf(change, action, all),
  };
}

/** What makes each object be replaced, by URN: its own inputs, its provider, or what it depends on. */
function withDependents(drafts: readonly Draft[]): Map<string, readonly string[]> {
  const reasons = new Map<string, readonly string[]>();
  for (const { change, reasons: own } of drafts) {
    const { planned } = change;
    if (own.length > 0) reasons.set(change.urn, own);
    if (planned?.operation === "replace") {
      reasons.set(change.urn, planned.replaceReasons.length > 0 ? planned.replaceReasons : ["what it depends on"]);
    }
  }
  const staying = (): Draft[] =>
    drafts.filter(({ change }) => change.before && change.after && !change.planned && !reasons.has(change.urn));
  for (const { change } of staying()) {
    if (change.before?.provider !== undefined && reasons.has(change.before.provider))
      reasons.set(change.urn, ["provider"]);
  }
  // a resource that is deleted first has no outputs for a while, so dependents that need them are replaced too
  const firstOnes = new Set(
    drafts.filter(({ change }) => reasons.has(change.urn) && isDeletedFirst(change)).map(({ change }) => change.urn),
  );
  for (let found = true; found;) {
    found = false;
    for (const { change } of staying()) {
      const cause = causeOf(change, firstOnes);
      if (cause === undefined) continue;
      reasons.set(change.urn, [cause]);
      firstOnes.add(change.urn);
      found = true;
    }
  }
  return reasons;
}

/** Name of what takes an object along, if something does. */
function causeOf({ type, before }: ObjectChange, gone: ReadonlySet<string>): string | undefined {
  for (const [property, urns] of Object.entries(before?.propertyDependencies ?? {})) {
    const cause = urns.find((urn) => gone.has(urn));
    if (cause === undefined || before === undefined || !isReplacedByUnknown(type, property, before)) continue;
    const [, , chain = "", name = ""] = cause.split("::");
    return `${chain.split(":").at(-1) ?? ""} ${name}, which is replaced first`;
  }
  return undefined;
}

function actionOf(change: ObjectChange, differences: readonly PathDifference[], reasons: readonly string[]): Action {
  const { before, after, planned } = change;
  if (before === undefined || planned?.operation === "create") return "created";
  if (after === undefined || planned?.operation === "delete") return "deleted";
  if (reasons.length > 0) return "replaced";
  // the engine sees what is not told here, e.g. another form of the same amount, and writes it
  if (differences.length === 0) return planned?.operation === "update" ? "in-place" : "unchanged";
  if (differences.every(({ at: path }) => METADATA.some((outer) => startsWith(path, outer)))) return "metadata";
  return isRolling(change, after, differences) ? "rolls" : "in-place";
}

function isRolling(change: ObjectChange, after: ObjectState, differences: readonly PathDifference[]): boolean {
  const kind = kindOf(change);
  const template = templatePath(kind);
  if (template === undefined || !ROLLING_KINDS.includes(kind) || !rollsByItself(after)) return false;
  return differences.some(({ at: path }) => startsWith(path, template));
}

function isOutage(change: ObjectChange, action: Action, all: readonly ObjectChange[]): boolean {
  const { after } = change;
  if (action === "rolls") return after !== undefined && hasGap(after);
  if (action === "deleted") return SERVING.includes(kindOf(change)) && twinOf(change, all) !== undefined;
  if (action !== "replaced" || !SERVING.includes(kindOf(change)) || !isDeletedFirst(change)) return false;
  return at(after?.inputs, "spec", "replicas") !== 0;
}

function notesOf(change: ObjectChange, action: Action, all: readonly ObjectChange[]): string[] {
  const { before, after } = change;
  const notes: string[] = [];
  if (before !== undefined && after !== undefined && before.urn !== after.urn) {
    notes.push(`known by an alias: it was ${before.urn.split("::").slice(2).join(" ")}`);
  }
  const twin = action === "created" || action === "deleted" ? twinOf(change, all) : undefined;
  if (twin !== undefined) {
    const moved = twin.name === change.name;
    const both = moved
      ? "with other parents it is still the same object in the cluster"
      : `${twin.name} and ${change.name} are the same object in the cluster`;
    const named = moved ? "what was moved" : action === "created" ? change.name : twin.name;
    notes.push(`${both}: it is deleted and created. Give ${named} an alias to keep it`);
  }
  if (action === "deleted" && before?.retainOnDelete === true)
    notes.push("it stays in the cluster, and no stack manages it");
  if (change.planned?.isLeftover === true)
    notes.push("an interrupted deployment replaced it, and left it to be deleted");
  return notes;
}

function inOrder(one: Change, other: Change): number {
  const rank = ({ losses, action }: Change): number => (losses.length > 0 ? -1 : ORDER.indexOf(action));
  return rank(one) - rank(other) || compareText(one.object, other.object) || compareText(one.urn, other.urn);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
