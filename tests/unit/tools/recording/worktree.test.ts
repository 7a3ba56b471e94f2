import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../../tools/recording/compile";
import { atCommit } from "../../../../tools/recording/worktree";

let root: string;

function git(...args: readonly string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  return execFileSync("git", ["-C", root, ...identity, ...args], { encoding: "utf8" });
}

function commit(file: string, text: string): string {
  writeFileSync(join(root, file), text);
  git("add", "-A");
  git("commit", "-q", "-m", text);
  return git("rev-parse", "HEAD").trim();
}

/** Worktrees that git knows or that lie about, beside the repository's own. */
function left(): string[] {
  const known = git("worktree", "list", "--porcelain").match(/^worktree .*/gm) ?? [];
  const folders = existsSync(cacheFolder(root)) ? readdirSync(cacheFolder(root)) : [];
  return [...known.slice(1), ...folders];
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vapora-worktree-"));
  git("init", "-q", "-b", "main");
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  commit("Pulumi.yaml", "name: first");
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const project = (folder: string): Promise<string> => Promise.resolve(readFileSync(join(folder, "Pulumi.yaml"), "utf8"));

test("a branch, a tag and a hash give the project as it was there, and nothing stays behind", async () => {
  git("branch", "base");
  git("tag", "v1");
  const hash = git("rev-parse", "HEAD").trim();
  commit("Pulumi.yaml", "name: second");
  writeFileSync(join(root, "Pulumi.yaml"), "name: not committed");
  for (const ref of ["base", "v1", hash, "HEAD~1"]) expect(await atCommit(root, ref, project)).toBe("name: first");
  expect(await atCommit(root, "main", project)).toBe("name: second");
  expect(readFileSync(join(root, "Pulumi.yaml"), "utf8")).toBe("name: not committed");
  expect(left()).toEqual([]);
});

test("a project in a folder of a larger repository is found there", async () => {
  mkdirSync(join(root, "inside"));
  commit("inside/Pulumi.yaml", "name: inside");
  expect(await atCommit(join(root, "inside"), "HEAD", project)).toBe("name: inside");
  expect(left()).toEqual([]);
});

test("nothing stays behind of a run that fails, nor of one that was killed", async () => {
  const failing = atCommit(root, "main", () => Promise.reject(new Error("it failed")));
  await expect(failing).rejects.toThrow("it failed");
  const ended = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
  git("worktree", "add", "-q", "--detach", join(cacheFolder(root), `worktree-${ended}-abc`), "main");
  expect(left()).toHaveLength(2);
  await atCommit(root, "main", project);
  expect(left()).toEqual([]);
});

test.each(["no-such-branch", "--all", "HEAD~99", ""])(
  "'%s' is no commit, and the error says what to do",
  async (ref) => {
    await expect(atCommit(root, ref, project)).rejects.toThrow(/git knows no commit .*git fetch origin/);
    expect(left()).toEqual([]);
  },
);

test("a commit without the project is told", async () => {
  git("rm", "-q", "Pulumi.yaml");
  git("commit", "-q", "-m", "gone");
  await expect(atCommit(root, "main", project)).rejects.toThrow("There is no Pulumi.yaml at main.");
});

test("other packages are installed for it alone", async () => {
  const dependencies = { inner: "file:inner" };
  const lock = (name: string): string =>
    JSON.stringify({
      name,
      lockfileVersion: 3,
      packages: {
        "": { name, dependencies },
        inner: { version: "1.0.0" },
        "node_modules/inner": { resolved: "inner", link: true },
      },
    });
  mkdirSync(join(root, "inner"));
  writeFileSync(join(root, "inner", "package.json"), JSON.stringify({ name: "inner", version: "1.0.0" }));
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "first", dependencies }));
  commit("package-lock.json", lock("first"));
  const installed = (folder: string): Promise<boolean> =>
    Promise.resolve(existsSync(join(folder, "node_modules", "inner", "package.json")));
  const told: string[] = [];
  const progress = (text: string): void => void told.push(text);
  expect(await atCommit(root, "HEAD", installed, { progress })).toBe(false);
  expect(told).toEqual([]);
  writeFileSync(join(root, "package-lock.json"), lock("second"));
  expect(await atCommit(root, "HEAD", installed, { progress })).toBe(true);
  expect(told).toEqual(["installing the packages of HEAD"]);
});
