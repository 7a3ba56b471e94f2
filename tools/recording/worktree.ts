/** The project as it was at another commit, beside the one that is worked on. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAlive } from "../shared/alive";
import { cacheFolder } from "./compile";
import { Interrupted, UserError } from "../shared/user-error";

const execute = promisify(execFile);

/** Folders of worktrees; the id of the process that made them follows. */
const PREFIX = "worktree-";
const LOCK_FILE = "package-lock.json";

/** Variables that a caller such as a git hook sets: they are about another worktree. */
const GIT_VARIABLES = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/** The commit is there and nothing can be run at it: it has no project, or its packages cannot be installed. */
export class UnusableCommit extends UserError {}

/** How to get at a commit. */
export interface WorktreeOptions {
  /** Told what takes long. @default - nothing is told */
  readonly progress?: ((what: string) => void) | undefined;
  /** Ends it. @default - it runs to its end */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a commit out into a git worktree, runs something there, and takes the worktree away whatever happens. It uses
 * the project's packages, and what is cached beside them; where its lockfile differs it gets its own.
 * @param ref anything git knows a commit by: a branch, a tag, `origin/main`, a hash
 * @param body is given the project's folder there, and the commit's hash
 * @throws UserError if there is no such commit; UnusableCommit.
 */
export async function atCommit<T>(
  root: string,
  ref: string,
  body: (folder: string, commit: string) => Promise<T>,
  { progress = () => undefined, signal }: WorktreeOptions = {},
): Promise<T> {
  const git = (...args: readonly string[]): Promise<string> => runIn(root, "git", args, signal);
  const commit = await resolveCommit(git, ref);
  // the project may be a folder of a larger repository
  const inside = (await git("rev-parse", "--show-prefix")).trim();
  await sweep(root);
  const folder = join(cacheFolder(root), `${PREFIX}${String(process.pid)}-${commit.slice(0, 12)}`);
  mkdirSync(cacheFolder(root), { recursive: true });
  try {
    // no hook of the repository is meant for this
    await git("-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", "--force", folder, commit);
    const project = join(folder, inside);
    if (!existsSync(join(project, "Pulumi.yaml"))) throw new UnusableCommit(`There is no Pulumi.yaml at ${ref}.`);
    if (["", readLock(root)].includes(readLock(project))) {
      symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "dir");
    } else {
      progress(`installing the packages of ${ref}`);
      await install(project, signal);
    }
    return await body(project, commit);
  } finally {
    await removeWorktree(root, folder);
  }
}

async function install(project: string, signal?: AbortSignal): Promise<void> {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await runIn(project, "npm", args, signal).catch((error: unknown) => {
    throw signal?.aborted !== true && error instanceof UserError
      ? new UnusableCommit(`Its packages cannot be installed; take a later commit for the base. ${error.message}`)
      : error;
  });
}

async function resolveCommit(git: (...args: readonly string[]) => Promise<string>, ref: string): Promise<string> {
  // a name that looks like an option is not a commit
  const commit = ref.startsWith("-")
    ? ""
    : await git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).catch((error: unknown) => {
        // with --quiet git prints nothing for an unknown ref; any other output is an error
        if (error instanceof UserError && error.message.includes("Command failed: git rev-parse")) return "";
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
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !GIT_VARIABLES.includes(name)));
    const { stdout } = await execute(program, args, { cwd, env, signal, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    if (signal?.aborted === true) throw new Interrupted();
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    const said = stderr === undefined || stderr === "" ? message : stderr;
    throw new UserError(`${program} ${args[0] ?? ""} failed:\n${said.trim()}`);
  }
}
