/** Killing pulumi, and what is left of it. */
import { readFileSync } from "node:fs";
import { allCommandLines } from "../../local/processes";
import { readLocks } from "../../local/lock";
import type { TestStack } from "./engine";

/** Kills the engine that works on a stack, and it alone: its plugins live on. @throws Error if none does. */
export function killEngine(stack: TestStack, signal: NodeJS.Signals = "SIGKILL"): void {
  const { project, stack: name } = stack.engine;
  const [lock] = readLocks(`${stack.folder}/state`, project, name);
  if (lock === undefined) throw new Error(`no engine works on ${stack.namespace}`);
  process.kill(lock.pid, signal);
}

/** Command lines of all processes that runs of pulumi on a stack have started; Linux alone tells. */
export async function processesOf(stack: TestStack): Promise<string[]> {
  const all = [...(await allCommandLines())];
  return all.filter(([pid]) => environmentOf(pid).includes(`TMPDIR=${stack.folder}/`)).map(([, line]) => line);
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, "utf8");
  } catch {
    // it has ended, or is somebody else's
    return "";
  }
}
