/**
 * What a file backend keeps beside each of its files, as `<file>.attrs`: its content type and a digest, which nothing
 * depends on. A file is put in place whole, and its attributes are written in place: a run of pulumi that is killed
 * between leaves them empty, and then the file cannot be read either ("failed to load checkpoint: EOF"). One without
 * attributes can (gocloud.dev/blob/fileblob, attrs.go).
 */
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PulumiStack } from "./stack";

/** Removes the attributes of a stack's files that cannot be read, and gives how many. No pulumi may be running. */
export function removeDamagedAttributes(
  backend: string,
  { project, stack }: Pick<PulumiStack, "project" | "stack">,
): number {
  const files = [
    `stacks/${project}/${stack}.json*.attrs`,
    `locks/organization/${project}/${stack}/*.attrs`,
    `{backups,history}/${project}/${stack}/*.attrs`,
  ];
  const damaged = globSync(files, { cwd: join(backend, ".pulumi") })
    .map((file) => join(backend, ".pulumi", file))
    .filter((file) => !isJson(readFileSync(file, "utf8")));
  for (const file of damaged) rmSync(file);
  return damaged.length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
