import { homedir } from "node:os";
import { join } from "node:path";

/** This project's folder in the user's cache directory. */
export function userCache(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "vapora");
}
