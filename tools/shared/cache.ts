/** Where this project keeps files beside the repository's own. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * This project's folder in the user's cache directory. A relative one counts as none.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userCache(): string {
  const { XDG_CACHE_HOME: named = "" } = process.env;
  return join(isAbsolute(named) ? named : join(homedir(), ".cache"), "vapora");
}

/** The ignored folder in which everything local lies. */
export function localFolder(root: string): string {
  return join(root, ".local");
}
