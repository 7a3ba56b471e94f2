/** Running other programs: to their end, or in the background. */
import { spawn } from "node:child_process";
import type { SpawnOptions } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { Interrupted, UserError } from "./user-error";

/** How to run a program. */
export interface RunOptions {
  readonly cwd?: string;
  /** Environment beside this process's own; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for its standard input. @default - none */
  readonly input?: string;
  /** Ends the program: SIGINT for it alone, so that it ends its own children in order; SIGKILL for all after a minute. */
  readonly signal?: AbortSignal | undefined;
  /** Whether `signal` sends SIGINT to all that the program has started too, for one that leaves them. @default false */
  readonly endsChildren?: boolean;
  /** Whether others of this machine come first. @default false */
  readonly isBackground?: boolean;
  /** Called with every line of either output, as it comes. */
  readonly onLine?: (line: string) => void;
}

/** What a program said, and how it ended. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Long enough for pulumi to end what it has begun and write its state. */
const KILL_AFTER = 60_000;

/**
 * Runs a program to its end.
 * @throws UserError if it cannot be started; Interrupted if `signal` ended it. A bad exit code is the caller's matter.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.signal?.aborted === true) throw new Interrupted();
  return new Promise((resolve, reject) => {
    // a group of its own: Ctrl-C in a terminal reaches this process alone, which ends its children in order
    const child = spawn(program, args, { ...spawnOptions(options), stdio: ["pipe", "pipe", "pipe"], detached: true });
    if (options.isBackground === true) yieldToOthers(child.pid);
    const stdout = gather(child.stdout, options.onLine);
    const stderr = gather(child.stderr, options.onLine);
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (options.endsChildren === true && child.pid !== undefined) kill(-child.pid, "SIGINT");
      else child.kill("SIGINT");
      killTimer = setTimeout(() => {
        killGroup(child.pid);
      }, KILL_AFTER);
    };
    options.signal?.addEventListener("abort", stop, { once: true });
    child.on("error", (error) => {
      reject(new UserError(`${program} cannot be run: ${error.message}`));
    });
    child.on("close", (code) => {
      clearTimeout(killTimer);
      options.signal?.removeEventListener("abort", stop);
      if (options.signal?.aborted === true) reject(new Interrupted());
      else resolve({ code: code ?? 1, stdout: stdout(), stderr: stderr() });
    });
    child.stdin.on("error", () => {
      // the program ended without reading its input; its exit code tells why
    });
    child.stdin.end(options.input ?? "");
  });
}

/** Starts a program that goes on after this process, its output in a log file. Gives its process id. */
export function startDaemon(program: string, args: readonly string[], log: string, options: RunOptions = {}): number {
  const output = openSync(log, "a", 0o600);
  const child = spawn(program, args, { ...spawnOptions(options), stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  child.on("error", () => {
    // it has no process id, which is reported below
  });
  child.unref();
  if (child.pid === undefined) throw new UserError(`${program} cannot be started.`);
  return child.pid;
}

/** Command lines of running processes by id; only those among `pids`. One that has ended has none. */
export async function commandLines(pids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const lines = await Promise.all(pids.map(async (pid) => [pid, await commandLine(pid)] as const));
  return new Map(lines.filter(([, line]) => line !== ""));
}

/** Command lines of all running processes by id. */
export async function allCommandLines(): Promise<ReadonlyMap<number, string>> {
  if (existsSync("/proc/self/cmdline")) {
    return commandLines(
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    );
  }
  const { stdout } = await run("ps", ["axww", "-o", "pid=,args="]);
  const rows = stdout.split("\n").map((line) => /^\s*(\d+)\s+(.*)$/.exec(line) ?? []);
  return new Map(rows.map(([, pid = "", args = ""]) => [Number(pid), args]));
}

/** Linux tells by file, which needs no program; elsewhere `ps` does. */
async function commandLine(pid: number): Promise<string> {
  if (existsSync("/proc/self/cmdline")) {
    return readFile(`/proc/${String(pid)}/cmdline`, "utf8").then(
      (line) => line.replaceAll("\0", " ").trim(),
      () => "",
    );
  }
  const { stdout } = await run("ps", ["-ww", "-o", "args=", "-p", String(pid)]);
  return stdout.trim();
}

/** Sends a signal. False if it cannot be sent, as to a process that has ended. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Ends processes at once, and waits until they have given back what they held, such as ports. */
export async function killOutright(pids: readonly number[]): Promise<void> {
  for (const pid of pids) kill(pid, "SIGKILL");
  for (const pid of pids) while (!(await isGone(pid))) await sleep(10);
}

/**
 * Whether nothing is left of a process, but for its entry in its parent's books. Its command line tells that too early:
 * a large process has none any more, and its ports still listen, while its memory is freed.
 */
async function isGone(pid: number): Promise<boolean> {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = await run("ps", ["-o", "stat=", "-p", String(pid)]);
    return stdout.trim() === "" || stdout.startsWith("Z");
  }
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  // proc_pid_stat(5): after the name in brackets, which may hold brackets, state is the 1st and threads the 18th field
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" || (fields[0] === "Z" && fields[17] === "1");
}

/** Waits, unless interrupted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new Interrupted());
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Interrupted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

function spawnOptions({ cwd, env }: RunOptions): SpawnOptions {
  return { ...(cwd === undefined ? {} : { cwd }), env: { ...process.env, ...env } };
}

function gather(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  let text = "";
  let rest = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    if (onLine !== undefined) lines.forEach(onLine);
  });
  return () => text;
}

/** Lowers the priority of a program and of all that it starts. */
function yieldToOthers(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // it has ended already
  }
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) kill(-pid, "SIGKILL");
}
