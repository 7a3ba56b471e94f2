/** Backends whose locks cannot be seen: what pulumi says of them decides. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "../../../../../tools/shared/processes";
import type { PulumiStack } from "../../../../../tools/pulumi/stack";
import { Recovery } from "../../../../../tools/commands/recover";

const STATE = JSON.stringify({ version: 3, deployment: { resources: [] } });
const NO_CLUSTER = { kubectl: "none", kubeconfig: "none" };

/** A process that has just ended. */
const ENDED = spawnSync("true").pid;

function lockedBy(host: string): string {
  return (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock " +
    `file with \`pulumi cancel\`.\n  s3://state/.pulumi/locks/organization/vapora/prod/1.json: created by ci@${host} ` +
    `(pid ${String(ENDED)}) at 2026-11-25T04:00:00Z`
  );
}

const IN_PROGRESS = "error: [409] Conflict: Another update is currently in progress.";

/** A stack of which `pulumi refresh` says something until it is cancelled; and the commands it was given. */
function stackAt(url: string, said: string): { readonly pulumi: PulumiStack; readonly commands: string[] } {
  const commands: string[] = [];
  const answer = (args: readonly string[]): RunResult => {
    const command = args.find((word) => word !== "stack") ?? "";
    const isRefused = command === "refresh" && !commands.includes("cancel");
    commands.push(command);
    return isRefused ? { code: 255, stdout: "", stderr: said } : { code: 0, stdout: STATE, stderr: "" };
  };
  const pulumi: PulumiStack = {
    project: "vapora",
    stack: "prod",
    backend: () => Promise.resolve(url),
    try: (args) => Promise.resolve(answer(args)),
  };
  return { pulumi, commands };
}

describe("a recovery on a backend whose locks cannot be seen", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vapora-recover-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** From the lock to the refresh; gives the notes, or the error. */
  async function recover(pulumi: PulumiStack, breakLock = false): Promise<string> {
    const signal = new AbortController().signal;
    const paths = { root: folder, folder, backups: join(folder, "backups") };
    const recovery = new Recovery({ ...paths, pulumi, cluster: NO_CLUSTER, breakLock, signal });
    try {
      for (const { run } of recovery.steps().slice(1, 4)) await run(() => undefined);
    } catch (error) {
      return (error as Error).message;
    }
    return recovery.notes.join("\n");
  }

  it.each<[title: string, url: string, said: string, breakLock: boolean, expected: string]>([
    [
      "the lock of a process of this machine that has ended",
      "s3://state",
      lockedBy(hostname()),
      false,
      "Cancelled a lock",
    ],
    [
      "the lock of another machine, if told to",
      "gs://state",
      lockedBy("runner-7"),
      true,
      "Cancelled a lock that ci@runner-7",
    ],
    [
      "an update in progress on Pulumi Cloud, if told to",
      "https://app.pulumi.com/me",
      IN_PROGRESS,
      true,
      "Cancelled the update",
    ],
  ])("cancels %s, after it has kept the state", async (_title, url, said, breakLock, expected) => {
    const { pulumi, commands } = stackAt(url, said);
    expect(await recover(pulumi, breakLock)).toContain(expected);
    expect(commands).toEqual(["export", "export", "refresh", "cancel", "export", "refresh"]);
    expect(readdirSync(join(folder, "backups"))).toHaveLength(1);
  });

  it.each<[title: string, url: string, said: string, expected: string]>([
    [
      "the lock of another machine",
      "azblob://state",
      lockedBy("runner-7"),
      "Another machine holds the stack's lock: ci@runner-7",
    ],
    ["an update in progress on Pulumi Cloud", "https://app.pulumi.com/me", IN_PROGRESS, "run this with --break-lock"],
    ["anything else that fails", "s3://state", "error: AccessDenied", "pulumi refresh failed:\nerror: AccessDenied"],
  ])("does not cancel %s by itself", async (_title, url, said, expected) => {
    const { pulumi, commands } = stackAt(url, said);
    expect(await recover(pulumi)).toContain(expected);
    expect(commands).toEqual(["export", "export", "refresh"]);
  });

  it("keeps the same state once, however often it is run", async () => {
    const { pulumi } = stackAt("s3://state", "");
    for (let run = 0; run < 3; run++)
      await recover({ ...pulumi, try: () => Promise.resolve({ code: 0, stdout: STATE, stderr: "" }) });
    expect(readdirSync(join(folder, "backups"))).toHaveLength(1);
  });
});
