/** The knowledge graph on the embedded engine, for tests. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { settingsSchema } from "../../config";
import type { Learning } from "../../config/schema/learning";
import { knowledgeGraphScript } from "../../knowledge-graph/script";
import { SURREALQL } from "../../tools/commands/learning/embedded-database";
import type { Answer, Step } from "../../tools/commands/learning/embedded-database";
import { nodeBinary } from "../../tools/recording/compile";
import type { History } from "./learning-reference";

export { resultOf } from "../../tools/commands/learning/embedded-database";
export type { Answer, Step };

type Answers<T> = { readonly [K in keyof T]: T[K] extends Step ? Answer : readonly Answer[] };

/** Runs steps one after the other, in memory or in a folder; those of a list at once. */
export function surrealql<const T extends readonly (Step | readonly Step[])[]>(steps: T, path = "mem://"): Answers<T> {
  const program = join(process.cwd(), SURREALQL);
  const { stdout, stderr } = spawnSync(nodeBinary(process.cwd()), [program], {
    input: JSON.stringify({ path, steps }),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Answers<T>;
}

/** Settings of a stack that says this much about learning. */
export function learning(said: Readonly<Record<string, unknown>> = {}): Learning {
  return settingsSchema.shape.learning.parse(said);
}

/** The step that brings the knowledge graph in. */
export function applied(settings: Learning = learning()): Step {
  return { sql: knowledgeGraphScript(settings) };
}

/** The step that writes a history. */
export function written({ agents, executions }: Pick<History, "agents" | "executions">): Step {
  return {
    sql: `FOR $one IN $agents { CREATE type::record('agent', $one.id) SET load = $one.load, available = $one.available };
      FOR $one IN $executions {
        CREATE type::record('execution', $one.id) SET agent = type::record('agent', $one.agent),
          task_type = $one.taskType, success = $one.success, duration = 1s, at = <datetime>$one.at
      };`,
    vars: { agents, executions },
  };
}
