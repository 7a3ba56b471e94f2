/** Killing pulumi and what it has started, and what is left of it. */
import { readdirSync, readFileSync } from "node:fs";
import { readLocks } from "../../tools/pulumi/lock";
import type { TestStack } from "./engine";

/** Kills the engine that works on a stack, and it alone: its plugins live on. @throws Error if none does. */
export function killEngine(stack: TestStack, signal: NodeJS.Signals = "SIGKILL"): void {
  const { project, stack: name } = stack.engine;
  const [lock] = readLocks(`${stack.folder}/state`, project, name);
  if (lock === undefined) throw new Error(`no engine works on ${stack.namespace}`);
  process.kill(lock.pid, signal);
}

/** Kills the processes that a run of pulumi on a stack has started and whose command line fits. @throws Error if none does. */
export function killPlugins(stack: TestStack, command: RegExp): void {
  const pids = [...started(stack)].filter(([, line]) => command.test(line)).map(([pid]) => pid);
  if (pids.length === 0) throw new Error(`nothing like ${String(command)} works on ${stack.namespace}`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** Command lines of all processes that runs of pulumi on a stack have started; Linux alone tells. */
export function processesOf(stack: TestStack): string[] {
  return [...started(stack).values()];
}

function started(stack: TestStack): Map<number, string> {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const own = pids.filter((pid) => read(pid, "environ").includes(`TMPDIR=${stack.folder}/`));
  return new Map(
    own.map((pid) => [pid, read(pid, "cmdline").replaceAll("\0", " ")] as const).filter(([, line]) => line),
  );
}

function read(pid: number, file: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  } catch {
    // it has ended, or is somebody else's
    return "";
  }
}
