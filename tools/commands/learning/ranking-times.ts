/** How long a ranking takes, and what a long past adds to it. */
import { learningTable } from "../../../knowledge-graph/learning-table";
import { settingsSchema } from "../../../config";
import { knowledgeGraphSchema } from "../../../knowledge-graph/script";
import { answersInMemory, resultOf } from "./embedded-database";
import type { Step } from "./embedded-database";

const AGENTS = 100;
/** Executions of each agent that a ranking looks at. */
const LATEST = 100;

/** Milliseconds of each ranking of 100 agents with 100 executions each, before and after the older ones are written. */
export interface RankingTimes {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Times rankings in a database in memory, one that is not counted first.
 * @param older executions that are added, all of the same agents and type: what an index must leave out
 */
export async function rankingTimes(
  root: string,
  { runs, older, signal }: { readonly runs: number; readonly older: number; readonly signal: AbortSignal },
): Promise<RankingTimes> {
  const table = learningTable(settingsSchema.shape.learning.parse({}));
  const rankings: Step[] = Array.from({ length: runs + 1 }, () => ({ sql: "RETURN fn::rank('coding')" }));
  const latest = Array.from({ length: LATEST }, (_, index) => executions(index));
  const past = Array.from({ length: Math.ceil(older / AGENTS) }, (_, index) => executions(LATEST + index));
  const prepared = [
    { sql: knowledgeGraphSchema() },
    { sql: "UPSERT learning_settings:current CONTENT $table", vars: { table } },
    {
      sql: `FOR $i IN 0..${String(AGENTS)} { CREATE type::record('agent', <string>$i) SET load = $i / ${String(AGENTS)} }`,
    },
    ...latest,
  ];
  const answers = await answersInMemory(root, [...prepared, ...rankings, ...past, ...rankings], signal);
  answers.forEach(resultOf);
  const times = (start: number): number[] =>
    answers.slice(start + 1, start + 1 + runs).map(({ milliseconds = NaN }) => milliseconds);
  return { before: times(prepared.length), after: times(answers.length - runs - 1) };
}

/** One execution of each agent, so many hours ago. */
function executions(hours: number): Step {
  return {
    sql: `LET $at = time::now() - duration::from_hours($hours);
      FOR $i IN 0..${String(AGENTS)} { CREATE execution SET agent = type::record('agent', <string>$i), task_type = 'coding',
        success = ($i + $hours) % 3 > 0, duration = 1s, at = $at }`,
    vars: { hours: hours + 1 },
  };
}
