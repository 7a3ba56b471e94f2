/** Copies of a stack's state: made before it is touched, and what to go back to when it is damaged. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/user-error";
import { saidBy } from "../../pulumi/stack";
import type { PulumiStack } from "../../pulumi/stack";

/** The ignored folder that keeps a stack's backups. Secrets in them are sealed, as in the state. */
export function backupFolder(root: string, stack: string): string {
  return join(root, ".state-backups", stack);
}

/** What to type to go back to a backup. */
export function restoreCommand(stack: string, file: string): string {
  return `pulumi stack import --stack ${stack} --file ${file}`;
}

/** Keeps a state as `pulumi stack export` gives it, and gives the file. What is there already is not kept twice. */
export function keep(folder: string, state: string): string {
  return backups(folder).find((file) => readFileSync(file, "utf8") === state) ?? write(folder, "state", state);
}

/** True if the state of a stack in a file backend is cut off, empty or otherwise no state. */
export function isDamaged(backend: string, { project, stack }: PulumiStack): boolean {
  const path = stateFile(backend, project, stack);
  return existsSync(path) && readCheckpoint(path) === undefined;
}

/**
 * Replaces the damaged state of a stack in a file backend by the newest whole copy there is: pulumi's own, or a backup in
 * `folder`, where the damaged state is kept. Gives what it took.
 * @throws UserError if there is no copy that pulumi takes.
 */
export async function restoreDamaged(stack: PulumiStack, backend: string, folder: string): Promise<string> {
  const path = stateFile(backend, stack.project, stack.stack);
  write(folder, "damaged", readFileSync(path, "utf8"));
  const newest = [...copies(path, backend, stack), ...backups(folder)]
    .filter((file) => existsSync(file))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const said: string[] = [];
  for (const copy of newest) {
    const state = folderOf(copy) === folder ? readFileSync(copy, "utf8") : readCheckpoint(copy);
    if (state === undefined) continue;
    const file = keep(folder, state);
    const result = await stack.try(["stack", "import", "--file", file]);
    if (result.code === 0) return copy;
    said.push(`${copy}: ${saidBy(result)}`);
  }
  throw new UserError(
    [
      `The state ${path} is damaged, and there is no whole copy of it in its backend or in ${folder}.`,
      ...said,
      `If you have one, as pulumi stack export writes it, type: ${restoreCommand(stack.stack, "<file>")}`,
    ].join("\n"),
  );
}

/** Backups of a folder, the newest first. */
function backups(folder: string): string[] {
  return jsonFiles(folder)
    .filter((file) => file.startsWith(join(folder, "state-")))
    .sort()
    .reverse();
}

/** Copies that pulumi keeps beside a state. */
function copies(path: string, backend: string, { project, stack }: PulumiStack): string[] {
  const folders = ["backups", "history"].map((kind) => join(backend, ".pulumi", kind, project, stack));
  return [`${path}.bak`, ...folders.flatMap(jsonFiles)].filter((file) => !file.endsWith(".history.json"));
}

function stateFile(backend: string, project: string, stack: string): string {
  return join(backend, ".pulumi", "stacks", project, `${stack}.json`);
}

/** A file of a backend in the form of `pulumi stack export`; undefined if it is not complete. */
function readCheckpoint(path: string): string | undefined {
  try {
    const { version, checkpoint } = JSON.parse(readFileSync(path, "utf8")) as {
      readonly version: number;
      readonly checkpoint?: { readonly latest?: unknown };
    };
    if (checkpoint === undefined) return undefined;
    return JSON.stringify({ version, deployment: checkpoint.latest ?? null });
  } catch {
    return undefined;
  }
}

function jsonFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
}

function folderOf(file: string): string {
  return join(file, "..");
}

/** Never half a file: it has its name once it is whole. */
function write(folder: string, kind: "state" | "damaged", text: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // sorts as it reads: state-2026-11-25T04-00-00.000Z.json
  const path = join(folder, `${kind}-${new Date().toISOString().replaceAll(":", "-")}.json`);
  const unfinished = `${path}.${String(process.pid)}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, path);
  return path;
}
