/** The project as it was at another commit, beside the one that is worked on. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./compile";
import { UserError } from "./user-error";

const execute = promisify(execFile);

/** Folders of worktrees; the id of the process that made them follows. */
const PREFIX = "worktree-";
const LOCK_FILE = "package-lock.json";

/** How to get at a commit. */
export interface WorktreeOptions {
  /** Told what takes long. @default - nobody is told */
  readonly report?: ((progress: string) => void) | undefined;
  /** Ends it. @default - it runs to its end */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a commit out into a git worktree, runs something there, and takes the worktree away whatever happens. It lies
 * inside the project's node_modules, whose packages it uses; where its lockfile differs it gets its own.
 * @param ref anything git knows a commit by: a branch, a tag, `origin/main`, a hash
 * @throws UserError if there is no such commit, or its packages cannot be installed.
 */
export async function atCommit<T>(
  root: string,
  ref: string,
  body: (folder: string) => Promise<T>,
  { report = () => undefined, signal }: WorktreeOptions = {},
): Promise<T> {
  const git = (...args: readonly string[]): Promise<string> => runIn(root, "git", args, signal);
  const commit = await resolveCommit(git, ref);
  // the project may be a folder of a larger repository
  const inside = (await git("rev-parse", "--show-prefix")).trim();
  await sweep(root);
  const folder = join(cacheFolder(root), `${PREFIX}${String(process.pid)}-${commit.slice(0, 12)}`);
  mkdirSync(cacheFolder(root), { recursive: true });
  try {
    await git("worktree", "add", "--detach", "--force", folder, commit);
    const project = join(folder, inside);
    if (!existsSync(join(project, "Pulumi.yaml"))) throw new UserError(`There is no Pulumi.yaml at ${ref}.`);
    if (readLock(project) !== readLock(root)) {
      report(`installing the packages of ${ref}`);
      await runIn(project, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], signal);
    }
    return await body(project);
  } finally {
    await removeWorktree(root, folder);
  }
}

async function resolveCommit(git: (...args: readonly string[]) => Promise<string>, ref: string): Promise<string> {
  // what looks like an option is none of a commit's names
  const commit = ref.startsWith("-")
    ? ""
    : await git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).catch((error: unknown) => {
        if (error instanceof UserError && !error.message.includes("not a git repository")) return "";
        throw error;
      });
  if (commit !== "") return commit.trim();
  throw new UserError(
    `git knows no commit '${ref}' here. Fetch it first (git fetch origin); a shallow clone has few of them.`,
  );
}

/** Removes what runs that were killed have left. */
async function sweep(root: string): Promise<void> {
  const folder = cacheFolder(root);
  const left = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(PREFIX)) : [];
  for (const name of left) {
    if (!isAlive(parseInt(name.slice(PREFIX.length), 10))) await removeWorktree(root, join(folder, name));
  }
}

/** Also where it was made by half; an interrupted run cleans up all the same. */
async function removeWorktree(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await runIn(root, "git", ["worktree", "prune"]);
}

function readLock(folder: string): string {
  const path = join(folder, LOCK_FILE);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

async function runIn(cwd: string, program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { cwd, signal, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    if (signal?.aborted === true) throw new UserError("Interrupted.");
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    const said = stderr === undefined || stderr === "" ? message : stderr;
    throw new UserError(`${program} ${args[0] ?? ""} failed:\n${said.trim()}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
