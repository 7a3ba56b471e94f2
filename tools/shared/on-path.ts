import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program on PATH; undefined if there is none. */
export function onPath(program: string): string | undefined {
  const candidates = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
