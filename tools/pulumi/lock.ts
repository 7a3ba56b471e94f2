/** Locks of a stack in a file backend: one file per run of pulumi, which a killed one leaves behind. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "../shared/alive";
import { UserError } from "../shared/user-error";
import { commandLines } from "../shared/processes";
import type { PulumiStack } from "./stack";

/** Who holds a lock. */
export interface Lock {
  /** Path of its file; undefined if only pulumi itself can reach it. */
  readonly path: string | undefined;
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
}

/**
 * dead: of a process of this host that has ended. live: of one that runs. foreign: of one that cannot be seen, on
 * another host or somebody else's.
 */
export type Judgement = "dead" | "live" | "foreign";

/** Folder of a file backend; nothing for any other backend. */
export function fileBackend(url: string, root: string): string | undefined {
  if (!url.startsWith("file://")) return undefined;
  const path = url.slice("file://".length);
  if (path.startsWith("~")) return join(homedir(), path.slice(1));
  return path.startsWith("/") ? fileURLToPath(url) : join(root, path);
}

/** True for a backend that keeps its state as files in a bucket, with the same locks as a file backend. */
export function isObjectStore(url: string): boolean {
  return /^(s3|gs|azblob|postgres):\/\//.test(url);
}

/** Locks of a stack in the file backend at `folder`. */
export function readLocks(folder: string, project: string, stack: string): Lock[] {
  const path = join(folder, ".pulumi", "locks", "organization", project, stack);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .map((name) => join(path, name))
    .filter((file) => file.endsWith(".json") && statSync(file).isFile())
    .map((file) => ({ ...parseLock(file), path: file }));
}

/** An incomplete file does not name its holder, who may be at work. */
function parseLock(file: string): Omit<Lock, "path"> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Omit<Lock, "path">;
  } catch {
    throw new UserError(`The lock ${file} cannot be read. If no pulumi runs for this stack, delete it.`);
  }
}

/** Locks that pulumi names in the error with which it refuses to run. */
export function locksIn(words: string): Lock[] {
  const lines = words.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g);
  return [...lines].map(([, username = "", host = "", pid = "", timestamp = ""]) => ({
    path: undefined,
    pid: Number(pid),
    hostname: host,
    username,
    timestamp,
  }));
}

/** Judges a lock. If the process of that id is not pulumi, the holder has ended and another program has its id. */
export async function judge(lock: Lock): Promise<Judgement> {
  if (lock.hostname !== hostname()) return "foreign";
  const line = (await commandLines([lock.pid])).get(lock.pid) ?? "";
  if (line.includes("pulumi")) return "live";
  return isHidden(lock.pid) ? "foreign" : "dead";
}

/** True for a process that runs and that this machine does not show: /proc may be mounted so. One that has ended is shown. */
function isHidden(pid: number): boolean {
  try {
    readFileSync(`/proc/${String(pid)}/cmdline`);
    return false;
  } catch {
    return existsSync("/proc/self/cmdline") && isAlive(pid);
  }
}

/** Removes the lock of a run that is over. */
export function removeLock({ path }: Lock): void {
  if (path === undefined) return;
  // the attributes go first: without their lock nothing would ever remove them
  rmSync(`${path}.attrs`, { force: true });
  rmSync(path, { force: true });
}

/** Who holds a lock, and since when. */
export function holder({ username, hostname: host, pid, timestamp }: Lock): string {
  return `${username}@${host} (process ${String(pid)}) since ${timestamp}`;
}

/** What a lock means for the next run of pulumi, and what to do about it. */
export async function lockProblem(
  lock: Lock,
  stack: string,
): Promise<{ readonly judgement: Judgement; readonly message: string; readonly remedy: string }> {
  const judgement = await judge(lock);
  if (judgement === "dead") {
    return {
      judgement,
      message: `A run that has ended left its lock: ${holder(lock)}.`,
      remedy: `Type: npm run recover -- ${stack}`,
    };
  }
  if (judgement === "live") {
    const message = `pulumi runs for this stack: ${holder(lock)}.`;
    return { judgement, message, remedy: "Wait until it has ended." };
  }
  const place = lock.hostname === hostname() ? "Somebody else on this machine" : "Another machine";
  return {
    judgement,
    message: `${place} holds the stack's lock: ${holder(lock)}. From here nobody can see whether it still runs.`,
    remedy: `Ask there. If nothing runs any more, type: npm run recover -- ${stack} --break-lock`,
  };
}

/**
 * Before a long preview: is the stack of a file backend free? In other backends pulumi finds out itself.
 * @param root Folder that pulumi runs in.
 * @throws UserError with who holds the lock, and what to do.
 */
export async function expectUnlocked(
  stack: Pick<PulumiStack, "project" | "stack" | "backend">,
  root: string,
): Promise<void> {
  const folder = fileBackend(await stack.backend(), root);
  const [lock] = folder === undefined ? [] : readLocks(folder, stack.project, stack.stack);
  if (lock === undefined) return;
  const { message, remedy } = await lockProblem(lock, stack.stack);
  throw new UserError(`${message} ${remedy}`);
}
