/** Asks the person at the terminal. */
import { createInterface } from "node:readline/promises";
import { Interrupted } from "./user-error";

/** True if the answer is the expected one. @throws Interrupted. */
export async function ask(question: string, expected: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question, { signal })).trim() === expected;
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw error;
  } finally {
    terminal.close();
  }
}
