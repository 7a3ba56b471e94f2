/** The embedded engine of SurrealDB, in a process of its own: it is native code, and Ctrl-C ends it with its memory. */
import { join } from "node:path";
import { nodeBinary } from "../../recording/compile";
import { run } from "../../shared/processes";

/** The program that runs statements, from the project's folder. */
export const SURREALQL = "tools/commands/learning/surrealql.mjs";

/** Statements and the variables in them. */
export interface Step {
  readonly sql: string;
  readonly vars?: Readonly<Record<string, unknown>>;
}

/** What came of a step: the result of each statement, or the error of the first that failed. */
export interface Answer {
  readonly results?: readonly unknown[];
  readonly milliseconds?: number;
  readonly error?: string;
}

/**
 * Runs steps one after the other in a database in memory, and gives the last result of each.
 * @throws Error if one fails; Interrupted if `signal` ends it.
 */
export async function runInMemory(root: string, steps: readonly Step[], signal?: AbortSignal): Promise<unknown[]> {
  return (await answersInMemory(root, steps, signal)).map(resultOf);
}

/** The same, with what came of each step and how long it took. */
export async function answersInMemory(root: string, steps: readonly Step[], signal?: AbortSignal): Promise<Answer[]> {
  const input = JSON.stringify({ path: "mem://", steps });
  const { stdout, stderr } = await run(nodeBinary(root), [join(root, SURREALQL)], { cwd: root, input, signal });
  if (stdout === "") throw new Error(`The embedded database ended: ${stderr}`);
  return JSON.parse(stdout) as Answer[];
}

/** The last result of a step. @throws Error if it failed. */
export function resultOf({ results, error }: Answer): unknown {
  if (results === undefined) throw new Error(error);
  return results.at(-1);
}
