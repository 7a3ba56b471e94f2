/** Plugins that a killed pulumi left running: one of them may still be writing to the cluster. */
import { existsSync, readlinkSync } from "node:fs";
import { isOpen } from "../cluster/loopback-ports";
import { isAlive } from "../shared/alive";
import { allCommandLines, kill, sleep } from "../shared/processes";

/** A plugin or the program itself, with the address of the engine that started it. */
const PLUGIN = /pulumi-(?:resource|language|analyzer)-[\w-]+|@pulumi\/pulumi\/cmd\/run\b/;
const ENGINE = /127\.0\.0\.1:(\d+)/g;

/** How long one may take to end by itself. */
const GRACE = 5_000;

/**
 * Ends the plugins that run in one of some folders and whose engine has ended, and gives their names. Those of a running
 * engine, of another project and of another user stay.
 */
export async function endOrphans(folders: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const plugins = [...(await allCommandLines())].filter(([pid, line]) => PLUGIN.test(line) && isIn(pid, folders));
  const states = await Promise.all(plugins.map(async ([pid, line]) => ({ pid, line, isOrphan: await isOrphan(line) })));
  const orphans = states.filter(({ isOrphan: orphan }) => orphan);
  await Promise.all(orphans.map(({ pid }) => end(pid, signal)));
  return orphans.map(({ pid, line }) => `${PLUGIN.exec(line)?.[0] ?? ""} (process ${String(pid)})`);
}

/** Linux tells a process's folder; where nothing does, the dead engine decides alone. */
function isIn(pid: number, folders: readonly string[]): boolean {
  if (!existsSync("/proc/self/cwd")) return true;
  try {
    const folder = readlinkSync(`/proc/${String(pid)}/cwd`);
    return folders.some((one) => folder === one || folder.startsWith(`${one}/`));
  } catch {
    return false;
  }
}

/** True if the command line names addresses of engines, none of which listens any more. */
async function isOrphan(args: string): Promise<boolean> {
  const ports = [...args.matchAll(ENGINE)].map(([, port]) => Number(port));
  if (ports.length === 0) return false;
  return !(await Promise.all(ports.map(isOpen))).includes(true);
}

async function end(pid: number, signal?: AbortSignal): Promise<void> {
  if (!kill(pid, "SIGTERM")) return;
  for (const deadline = Date.now() + GRACE; Date.now() < deadline;) {
    if (!isAlive(pid)) return;
    await sleep(50, signal);
  }
  kill(pid, "SIGKILL");
}
