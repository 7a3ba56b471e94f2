/** Pulumi's CLI on PATH. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../../shared/user-error";

/** Path of the `pulumi` on PATH; undefined if there is none. */
export function findPulumi(path = process.env.PATH ?? ""): string | undefined {
  // npm puts node_modules/.bin in front; a launcher there would hide the user's own CLI
  const folders = path
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")));
  return folders.map((folder) => join(folder, "pulumi")).find(isExecutable);
}

/** The same, for what cannot go on without it. @param purpose what it is for, e.g. `to deploy` @throws UserError if there is none */
export function requirePulumi(purpose: string): string {
  const pulumi = findPulumi();
  if (pulumi !== undefined) return pulumi;
  throw new UserError(`pulumi is needed ${purpose}, and there is none on PATH: https://www.pulumi.com/docs/install`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
