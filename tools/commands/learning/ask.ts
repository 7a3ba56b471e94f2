/** What the knowledge graph's own functions say of a history, under a stack's settings. */
import { knowledgeGraphSchema } from "../../../knowledge-graph/script";
import type { LearningTable } from "./recorded";
import { runInMemory } from "./embedded-database";
import type { Step } from "./embedded-database";
import type { History } from "./history";

/** A kind of task: its type, or the words that tell it. */
export type Task = { readonly task_type: string } | { readonly title: string; readonly description: string };

/** An agent's place for a task. */
export interface Ranked {
  readonly agent: string;
  readonly score: number;
  /** Free capacity, success rate and confidence, from 0 to 1: what the score is made of. */
  readonly base: number;
  readonly expertise: number;
  readonly confidence: number;
  readonly executions: number;
  /** What decided: what is known of the agents, or their load alone. */
  readonly by: "learning" | "load";
}

/** Who would get a task: agents, the best first. */
export interface Ranking {
  readonly task_type: string;
  readonly agents: readonly Ranked[];
}

/** What an agent has shown in a task type. */
export interface Profile {
  readonly agent: string;
  readonly task_type: string;
  readonly executions: number;
  readonly success_rate: number;
  readonly recent_success_rate: number;
  readonly confidence: number;
  /** When the latest ended; none without executions. */
  readonly last?: string;
  readonly curve: readonly { readonly day: string; readonly executions: number; readonly success_rate: number }[];
}

/** What is asked about, and where. */
export interface Asked {
  /** The project's folder. */
  readonly root: string;
  readonly history: Pick<History, "agents" | "executions">;
  /** The moment that is asked about, ISO 8601. What ended later is not looked at. */
  readonly now: string;
  readonly signal?: AbortSignal | undefined;
}

/** By what tasks are ranked. */
export interface RankedBy {
  readonly settings: LearningTable;
  /** Counts the latest executions more. @default false */
  readonly isRecent?: boolean;
}

/** Executions that are written at once: more in one transaction take longer each. */
const CHUNK = 100;

/** Who would get each task, by each of some ways to rank them. */
export async function rankings(asked: Asked, by: readonly RankedBy[], tasks: readonly Task[]): Promise<Ranking[][]> {
  const questions = by.map(({ settings, isRecent = false }): Question => ({
    settings,
    sql: `RETURN $tasks.map(|$task: object| {
      LET $type = $task.task_type ?? fn::task_type($task.title, $task.description);
      RETURN { task_type: $type, agents: ${isRecent ? "fn::rank_with_recency" : "fn::rank"}($type, NONE, <datetime>$now)
        .map(|$row: object| object::extend($row, { agent: record::id($row.agent) })) };
    })`,
    vars: { tasks, now: asked.now },
  }));
  return (await ask(asked, questions)) as Ranking[][];
}

/** The profile of each agent for each task type, in that order. */
export async function profiles(
  asked: Asked,
  settings: LearningTable,
  agents: readonly string[],
  taskTypes: readonly string[],
): Promise<Profile[]> {
  const question: Question = {
    settings,
    sql: `LET $records = $agents.map(|$name: string| type::record('agent', $name));
      RETURN array::flatten($types.map(|$type: string| fn::load_profiles($records, $type, <datetime>$now)))
        .map(|$one: object| object::extend($one, { agent: record::id($one.agent) }))`,
    vars: { agents, types: taskTypes, now: asked.now },
  };
  const [found = []] = (await ask(asked, [question])) as Profile[][];
  return found
    .map((one) => ({ ...one, curve: one.curve.map((day) => ({ ...day, day: day.day.slice(0, 10) })) }))
    .sort((a, b) => compare(a.agent, b.agent) || compare(a.task_type, b.task_type));
}

/** How much executions of these ages in days count. */
export async function recencyWeights(
  asked: Asked,
  settings: LearningTable,
  ages: readonly number[],
): Promise<number[]> {
  const question: Question = {
    settings,
    sql: `LET $recency = fn::learning_settings().recency;
      RETURN $ages.map(|$age: number| fn::recency_weight($age, $recency))`,
    vars: { ages },
  };
  const [found = []] = (await ask(asked, [question])) as number[][];
  return found;
}

/** What is asked, and the settings that hold then. */
interface Question extends Step {
  readonly settings: LearningTable;
}

/** Writes the history once, and asks one question after the other. */
async function ask({ root, history, signal }: Asked, questions: readonly Question[]): Promise<unknown[]> {
  const written = [{ sql: knowledgeGraphSchema() }, ...steps(history)];
  const rounds = questions.flatMap(({ settings: table, ...question }) => [
    { sql: "UPSERT learning_settings:current CONTENT $table", vars: { table } },
    question,
  ]);
  const results = await runInMemory(root, [...written, ...rounds], signal);
  return questions.map((_, index) => results[written.length + 2 * index + 1]);
}

/** The steps that write a history. Executions of the same moment are in the order of their lines. */
function steps({ agents, executions }: Asked["history"]): Step[] {
  const numbered = executions.map((one, index) => ({ ...one, id: String(index).padStart(9, "0") }));
  const chunks = Array.from({ length: Math.ceil(numbered.length / CHUNK) }, (_, index) =>
    numbered.slice(index * CHUNK, (index + 1) * CHUNK),
  );
  return [
    {
      sql: `FOR $one IN $agents {
        CREATE type::record('agent', $one.agent) SET load = $one.load, available = $one.available };`,
      vars: { agents },
    },
    ...chunks.map((some) => ({
      sql: `FOR $one IN $some {
        CREATE type::record('execution', $one.id) SET agent = type::record('agent', $one.agent),
          task_type = $one.task_type, success = $one.success, duration = <duration>$one.duration, cost = $one.cost,
          at = <datetime>$one.at };`,
      vars: { some },
    })),
  ];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
