import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expectUnlocked, fileBackend, judge, locksIn, readLocks, removeLock } from "../../../../tools/pulumi/lock";
import { UserError } from "../../../../tools/shared/user-error";
import { eventually } from "../../../support/programs";

/** A lock as pulumi writes it. */
function written(pid: number, host = hostname()): Record<string, unknown> {
  return { pid, username: "somebody", hostname: host, timestamp: "2026-11-25T04:00:00Z" };
}

describe("a lock of a file backend", () => {
  const folder = mkdtempSync(join(tmpdir(), "vapora-locks-"));
  const locks = join(folder, ".pulumi", "locks", "organization", "vapora", "dev");
  const put = (name: string, content: string): void => {
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, name), content);
  };
  const judgements = async (): Promise<string[]> =>
    Promise.all(readLocks(folder, "vapora", "dev").map((lock) => judge(lock)));

  afterEach(() => {
    rmSync(locks, { recursive: true, force: true });
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("is dead once the process that holds it has ended, and can be removed alone", async () => {
    put("ended.json", JSON.stringify(written(spawnSync("true").pid)));
    put("elsewhere.json", JSON.stringify(written(1, "another-host")));
    const [first, second] = readLocks(folder, "vapora", "dev").sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
    const [dead, foreign] = first?.hostname === "another-host" ? [second, first] : [first, second];
    if (dead === undefined || foreign === undefined) throw new Error("there are not two locks");
    expect([await judge(dead), await judge(foreign)]).toEqual(["dead", "foreign"]);
    removeLock(dead);
    expect(readLocks(folder, "vapora", "dev")).toEqual([foreign]);
  });

  it("is dead where nobody has waited for the process that has ended", async () => {
    const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [pid] = (await once(parent.stdout, "data")) as [Buffer];
      put("ended.json", JSON.stringify(written(Number(String(pid)))));
      await eventually(async () => ((await judgements())[0] === "dead" ? true : undefined));
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("is live while a pulumi of this host has the process id it names", async () => {
    const child = spawn("sleep", ["60"], { argv0: "pulumi" });
    try {
      put("running.json", JSON.stringify(written(child.pid ?? 0)));
      expect(await judgements()).toEqual(["live"]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is dead if another program has got its process id since", async () => {
    const child = spawn("sleep", ["60"]);
    try {
      put("reused.json", JSON.stringify(written(child.pid ?? 0)));
      expect(await judgements()).toEqual(["dead"]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("stops a deployment before its preview, with what to do about it", async () => {
    const stack = { project: "vapora", stack: "dev", backend: () => Promise.resolve(`file://${folder}`) };
    await expectUnlocked(stack, "/elsewhere");
    await expectUnlocked({ ...stack, backend: () => Promise.resolve("s3://bucket") }, folder);
    put("ended.json", JSON.stringify(written(spawnSync("true").pid)));
    await expect(expectUnlocked(stack, "/elsewhere")).rejects.toThrow(
      /^A run that has ended left its lock: somebody@\S+ \(process \d+\) since \S+\. Type: npm run recover -- dev$/,
    );
    await expectUnlocked({ ...stack, stack: "prod" }, "/elsewhere");
    put("ended.json", JSON.stringify(written(1, "another-host")));
    await expect(expectUnlocked(stack, "/elsewhere")).rejects.toThrow(
      /^Another machine holds the stack's lock: .*--break-lock$/,
    );
  });

  it("is not guessed at if it is half a file", () => {
    put("half.json", '{"pid": 12');
    expect(() => readLocks(folder, "vapora", "dev")).toThrow(UserError);
  });

  it("is none of another stack's", () => {
    put("ended.json", JSON.stringify(written(1)));
    expect(readLocks(folder, "vapora", "prod")).toEqual([]);
  });
});

it("the locks that pulumi names in its error are read with their holders", () => {
  const words =
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock " +
    "file with `pulumi cancel`.\n  s3://state/.pulumi/locks/organization/vapora/dev/1.json: created by ci@runner-7 (pid 4711) at 2026-11-25T04:00:00Z";
  expect(locksIn(words)).toEqual([
    { path: undefined, pid: 4711, hostname: "runner-7", username: "ci", timestamp: "2026-11-25T04:00:00Z" },
  ]);
});

it.each([
  ["file:///var/state", "/var/state"],
  ["file://./state", "/project/state"],
  ["s3://bucket", undefined],
  ["https://api.pulumi.com", undefined],
])("the folder of the backend %s is %s", (url, folder) => {
  expect(fileBackend(url, "/project")).toBe(folder);
});
