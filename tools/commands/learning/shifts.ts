/** Which tasks of the sample history go to another agent when a stack's settings of learning change. */
import { isDeepStrictEqual } from "node:util";
import { learningOf } from "./recorded";
import type { LearningTable } from "./recorded";
import type { Sides } from "../../recording/both-sides";
import type { LearningShifts, Shift } from "../../report/learning-effects";
import { rankings } from "./ask";
import type { Ranking, Task } from "./ask";
import { SAMPLE_NOW, SAMPLE_TITLES, sampleHistory } from "./sample";

/** The shifts between the two sides of a stack; undefined if either has no settings or both have the same. */
export async function learningShifts(
  root: string,
  { base, head }: Sides,
  signal?: AbortSignal,
): Promise<LearningShifts | undefined> {
  const [before, after] = [base, head].map((side) => ("recording" in side ? learningOf(side.recording) : undefined));
  if (before === undefined || after === undefined || isDeepStrictEqual(before, after)) return undefined;
  try {
    return { shifts: await shiftsBetween(root, before, after, signal) };
  } catch (error) {
    // the rest of the report holds without it
    if (signal?.aborted === true) throw error;
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function shiftsBetween(
  root: string,
  before: LearningTable,
  after: LearningTable,
  signal?: AbortSignal,
): Promise<Shift[]> {
  const asked = { root, history: sampleHistory(root), now: SAMPLE_NOW, signal };
  const types = [...new Set(asked.history.executions.map(({ task_type }) => task_type))].sort();
  const titles = isDeepStrictEqual(before.task_types, after.task_types) ? [] : SAMPLE_TITLES;
  const tasks: Task[] = [
    ...types.map((task_type) => ({ task_type })),
    ...titles.map((title) => ({ title, description: "" })),
  ];
  const ways = ["success rate", "recent success rate"] as const;
  const by = ways.flatMap((way) =>
    [before, after].map((settings) => ({ settings, isRecent: way === "recent success rate" })),
  );
  const made = await rankings(asked, by, tasks);
  return ways.flatMap((way, index) => {
    const [old = [], now = []] = made.slice(2 * index);
    return [...types, ...titles].flatMap((task, row) => shift(task, way, old[row], now[row]));
  });
}

function shift(task: string, by: Shift["by"], old?: Ranking, now?: Ranking): Shift[] {
  const [before, after] = [old?.agents[0], now?.agents[0]];
  if (before?.agent === after?.agent) return [];
  const assignee = (one: Ranking["agents"][number]): Required<Shift>["before"] => ({
    agent: one.agent,
    score: one.score,
  });
  return [
    {
      task,
      by,
      ...(before === undefined ? {} : { before: assignee(before) }),
      ...(after === undefined ? {} : { after: assignee(after) }),
    },
  ];
}
