/** What other settings of learning do. */
import { code, list, paragraph, strong } from "./blocks";
import type { Line, Part } from "./blocks";

/** A task that goes to another agent. */
export interface Shift {
  /** Its type; its title, where the words that tell a type differ. */
  readonly task: string;
  /** The success rate by which the agents were ranked. */
  readonly by: "success rate" | "recent success rate";
  /** Who gets it, and with which score; undefined if nobody does. */
  readonly before?: Assignee;
  readonly after?: Assignee;
}

/** Who gets a task. */
export interface Assignee {
  readonly agent: string;
  readonly score: number;
}

/** Which tasks of a sample history shift, or why that cannot be said. */
export type LearningShifts = { readonly shifts: readonly Shift[] } | { readonly error: string };

/** The section; empty if the settings are the same. */
export function learningParts(learning: LearningShifts | undefined): Part[] {
  if (learning === undefined) return [];
  const title = strong("Learning");
  if ("error" in learning) {
    return [[paragraph(title, ": the settings differ; what they shift cannot be said: ", code(learning.error))]];
  }
  if (learning.shifts.length === 0) {
    return [[paragraph(title, ": the settings differ; no task of the sample history goes to another agent.")]];
  }
  const lines = learning.shifts.map(({ task, by, before, after }): Line => [
    code(task),
    `, by the ${by}: `,
    ...assignee(before),
    " -> ",
    ...assignee(after),
  ]);
  return [[paragraph(title, ": of the sample history, these tasks go to another agent"), list(lines)]];
}

function assignee(one: Assignee | undefined): Line {
  return one === undefined ? ["nobody"] : [code(one.agent), ` (${one.score.toFixed(4)})`];
}
