import { existsSync, readdirSync } from "node:fs";

/** True if a process runs, also one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Names in a folder that are a prefix and the id of a process that has ended, whatever follows. */
export function leftovers(folder: string, prefix: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  return names.filter((name) => !isAlive(parseInt(name.slice(prefix.length), 10)));
}
