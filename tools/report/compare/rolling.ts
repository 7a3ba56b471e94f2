/** Whose pods roll with a change, and in which order. */
import { at, kindOf } from "./change";
import type { Change, ObjectChange, ObjectState } from "./change";
import type { PathDifference } from "./differences";
import { ROLLING_KINDS, uses } from "./pod-inputs";

/** Workloads that read a ConfigMap or Secret, those alone that read a key which differs. */
export function consumersOf(
  change: ObjectChange,
  differences: readonly PathDifference[],
  all: readonly ObjectChange[],
): ObjectChange[] {
  const kind = kindOf(change);
  const state = change.after ?? change.before;
  if (state === undefined || (kind !== "ConfigMap" && kind !== "Secret")) return [];
  const keys = changedKeys(differences);
  const [name, namespace] = [at(state.inputs, "metadata", "name"), at(state.inputs, "metadata", "namespace")];
  const reads = (side: ObjectState | undefined): boolean =>
    side !== undefined &&
    at(side.inputs, "metadata", "namespace") === namespace &&
    uses(side).some(
      (use) =>
        use.kind === kind &&
        use.name === name &&
        (keys === undefined || use.keys === undefined || use.keys.some((key) => keys.includes(key))),
    );
  return all.filter(({ after }) => reads(after));
}

/** Keys whose values differ; undefined if it may be any. */
function changedKeys(differences: readonly PathDifference[]): string[] | undefined {
  const data = differences.filter(({ at: [first] }) => first === "data" || first === "binaryData");
  if (data.length === 0 || data.some(({ at: path }) => path.length < 2)) return undefined;
  return data.map(({ at: [, key = ""] }) => key);
}

/**
 * The workloads whose pods are replaced, in the order the engine takes them: each group waits for the one before it.
 * By `<kind> <logical name>`.
 */
export function rollingOrder(changes: readonly Change[]): string[][] {
  const byUrn = new Map(changes.map((change) => [change.urn, change]));
  const rolling = (change: Change | undefined): boolean =>
    change !== undefined &&
    ROLLING_KINDS.includes(change.kind) &&
    (change.action === "rolls" || change.action === "replaced");
  const known = new Map<string, number>();
  const depth = (urn: string): number => {
    const found = known.get(urn);
    if (found !== undefined) return found;
    const state = byUrn.get(urn)?.after;
    const before = [...(state?.dependencies ?? []), ...Object.values(state?.propertyDependencies ?? {}).flat()];
    known.set(urn, 0);
    const deepest = Math.max(0, ...before.map((other) => depth(other) + (rolling(byUrn.get(other)) ? 1 : 0)));
    known.set(urn, deepest);
    return deepest;
  };
  const groups: string[][] = [];
  for (const change of changes.filter(rolling)) (groups[depth(change.urn)] ??= []).push(change.object);
  return groups.filter((group) => group.length > 0).map((group) => group.sort());
}
