import { createHash } from "node:crypto";

/** A short digest of files by name, the same for any order of names. Taken from inputs, never from a made object. */
export function digest(files: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}
