/** Whether the program is sound TypeScript: a recording, as `pulumi up`, compiles it and does not ask. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeBinary } from "../../recording/compile";
import { PROGRAM_FOLDERS } from "../../recording/project";
import { run } from "../../shared/processes";

/**
 * The compiler that checks types, and how it is told to, beside a project: TypeScript 7, which takes a fifth of the time
 * of the 5.9 that pulumi, jest and eslint run in their own process. It no longer knows how that one is told to resolve
 * modules.
 */
export const TYPE_CHECK = {
  program: "typescript-native/bin/tsc",
  args: ["--noCheck", "false", "--moduleResolution", "bundler", "--pretty", "false"],
} as const;

/** Type errors of index.ts and all that it imports; undefined if there is none. */
async function typeErrors(root: string, signal?: AbortSignal): Promise<string | undefined> {
  const folder = join(root, ".local", `types-${String(process.pid)}`);
  mkdirSync(folder, { recursive: true });
  try {
    const project = join(folder, "tsconfig.json");
    const program = { extends: join(root, "tsconfig.json"), include: [join(root, "index.ts")] };
    writeFileSync(project, JSON.stringify(program));
    const args = [join(root, "node_modules", TYPE_CHECK.program), "--project", project, ...TYPE_CHECK.args];
    const { code, stdout, stderr } = await run(nodeBinary(root), args, { cwd: root, signal });
    return code === 0 ? undefined : `${stdout}${stderr}`.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with the types of a program that differs from another revision of it; empty if none of it does. */
export async function programErrors(root: string, base: string, signal?: AbortSignal): Promise<string[]> {
  if (digestOf(root) === digestOf(base)) return [];
  const errors = await typeErrors(root, signal);
  return errors === undefined ? [] : [`The head is no sound TypeScript:\n${errors}`];
}

/** A digest of all that decides about types. */
function digestOf(root: string): string {
  const hash = createHash("sha256");
  const sources = ["*.ts", `{${PROGRAM_FOLDERS.join(",")}}/**/*.ts`, "tsconfig.json", "package-lock.json"];
  // build results are not sources
  for (const file of globSync(sources, { cwd: root, exclude: ["outputs/dist/**"] }).sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex");
}
