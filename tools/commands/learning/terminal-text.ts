/** Rankings, profiles and curves for a terminal. */
import type { Profile, Ranking } from "./ask";

/** Who gets a task under either of two settings. */
export interface Assignment {
  /** The task type, or the title that tells it. */
  readonly task: string;
  readonly before: Ranking;
  readonly after: Ranking;
  readonly shifts: boolean;
}

/** Characters of a bar for a rate of 1. */
const BAR = 20;

/** A ranking, and why it is so. */
export function rankingText({ task_type, agents }: Ranking): string {
  const [best] = agents;
  if (best === undefined) {
    return `${task_type}: nobody gets it. No agent is available, or there is no history and the fallback is none.`;
  }
  const why = best.by === "load" ? " There is no history: the load alone decides." : "";
  const rows = agents.map(({ agent, score, base, expertise, confidence, executions }) => [
    agent,
    score.toFixed(4),
    ...[base, expertise, confidence].map((number) => number.toFixed(4)),
    String(executions),
  ]);
  const head = ["agent", "score", "free", "success", "confidence", "executions"];
  return `${task_type}: ${best.agent} gets it.${why}\n${table(head, rows)}`;
}

/** Profiles in one table, curves left out. */
export function profilesText(profiles: readonly Profile[]): string {
  const rows = profiles.map(({ agent, task_type, executions, last = "", ...one }) => [
    agent,
    task_type,
    ...[one.success_rate, one.recent_success_rate, one.confidence].map((number) => number.toFixed(4)),
    String(executions),
    last,
  ]);
  return table(["agent", "task type", "success", "recent", "confidence", "executions", "last"], rows, 2);
}

/** A learning curve, a line for each day. */
export function curveText({ agent, task_type, curve }: Profile): string {
  if (curve.length === 0) return `${agent}, ${task_type}: no executions.`;
  const rows = curve.map(({ day, executions, success_rate }) => [
    day,
    success_rate.toFixed(4),
    String(executions),
    "#".repeat(Math.round(success_rate * BAR)),
  ]);
  return `${agent}, ${task_type}\n${table(["day", "success", "executions", ""], rows)}`;
}

/** Assignments under two settings, by the names of what they are. */
export function assignmentsText(all: readonly Assignment[], before: string, after: string): string {
  const rows = all.map(({ task, shifts, ...sides }) => [
    task,
    ...[sides.before, sides.after].flatMap(bestOf),
    shifts ? "shifts" : "same",
  ]);
  const shifting = all.filter(({ shifts }) => shifts).length;
  const head = ["task", `under ${before}`, "score", `under ${after}`, "score", ""];
  return `${table(head, rows)}\n\n${String(shifting)} of ${String(all.length)} go to another agent.`;
}

/** Who gets the task, and with which score. */
export function bestOf({ agents: [best] }: Ranking): [agent: string, score: string] {
  return best === undefined ? ["nobody", ""] : [best.agent, best.score.toFixed(4)];
}

/** Columns of text; numbers stand to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], indent = 2): string {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length), title.length),
  );
  const isNumber = head.map((_, column) => rows.every((row) => /^[\d.]*$/.test(row[column] ?? "")));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ");
  return [head, ...rows].map((row) => `${" ".repeat(indent)}${line(row)}`.trimEnd()).join("\n");
}
