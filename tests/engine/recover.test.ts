import { join } from "node:path";
import { readLocks } from "../../local/lock";
import { Recovery } from "../../local/recover";
import type { Recovered } from "../../local/recover";
import { takeUp } from "../../local/recover/take-up";
import { asDeployer } from "../../local/role";
import { parseState } from "../../local/state";
import { projectRoot } from "../../offline/project";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import type { Config } from "../support/engine";
import { TestStack } from "../support/engine";
import { FaultProxy } from "../support/fault-proxy";
import type { Fault, Write } from "../support/fault-proxy";
import { killEngine, processesOf } from "../support/kill";
import { eventually } from "../support/programs";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

const UP = ["up", "--yes", "--skip-preview"];

describeWithEngine("npm run recover", (cluster, pulumi) => {
  let proxy: FaultProxy;
  let stack: TestStack;
  let backups: string;

  beforeAll(async () => {
    proxy = await FaultProxy.start(asDeployer(cluster));
    stack = new TestStack(cluster, pulumi, "dev", "recover", {
      "vapora:cluster": { identifier: "recover", kubeconfig: proxy.kubeconfig },
    });
    backups = join(stack.folder, "backups");
  });

  afterEach(() => {
    proxy.expect();
  });

  afterAll(async () => {
    await stack.remove();
    await proxy.stop();
  });

  /** Runs pulumi, which is killed right after the API server has done a write, and before pulumi knows. */
  async function killedAt(isIt: (write: Write) => boolean, args = UP, changes: Config = {}): Promise<void> {
    const state = { chosen: false, killed: false };
    proxy.expect((write): Fault | undefined => {
      if (state.killed) return { kind: "cut" };
      if (state.chosen || !isIt(write)) return undefined;
      state.chosen = true;
      const then = (): void => {
        killEngine(stack);
        state.killed = true;
      };
      return { kind: "lose", then };
    });
    const result = await stack.try(args, changes);
    if (!state.killed) throw new Error(`pulumi was not killed:\n${result.stdout}\n${result.stderr}`);
    proxy.expect();
  }

  async function recover(breakLock = false): Promise<Recovered & { notes: readonly string[] }> {
    const recovery = new Recovery({
      ...{ root: projectRoot(), folder: stack.folder, pulumi: stack.engine, backups, config: stack.config, breakLock },
      cluster: asDeployer(cluster),
      signal: new AbortController().signal,
    });
    for (const { run } of recovery.steps()) await run(() => undefined);
    return { ...recovery.result, notes: recovery.notes };
  }

  const locks = () => readLocks(join(stack.folder, "state"), "vapora", "dev");
  const pending = async (): Promise<number> => parseState(await stack.exported()).pending.length;

  /** No lock, no open operation, no process; and every object once. */
  async function expectWhole(): Promise<void> {
    expect(locks()).toEqual([]);
    expect(await pending()).toBe(0);
    await eventually(async () => ((await processesOf(stack)).length === 0 ? true : undefined), 5_000);
  }

  test("a killed up that a plain up does not get over: recover and up do, and every object stays", async () => {
    await killedAt(({ method, path, number }) => number > 12 && method === "POST" && path.endsWith("/services"));
    expect(locks()).toHaveLength(1);
    const made = marks(await ownObjects(cluster, stack), "uid");
    expect(Object.keys(made).length).toBeGreaterThan(10);

    const { changes, foreign, notes } = await recover();
    expect(foreign).toEqual([]);
    expect(changes.create).toBeGreaterThan(10);
    expect(notes.join("\n")).toMatch(/Removed a lock that \S+ \(process \d+\)/);
    expect(notes.join("\n")).toMatch(/Taken into the state: .*Service/);
    await expectWhole();
    expect(marks(await ownObjects(cluster, stack), "uid")).toMatchObject(made);

    await stack.up();
    await stack.whenReady();
    expect(marks(await ownObjects(cluster, stack), "uid")).toMatchObject(made);
    await expectWhole();
  });

  test("an object whose creation was answered by nobody is taken up by the next try-out", async () => {
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    proxy.expect(({ method, path }) =>
      method === "POST" && path.endsWith("/networkpolicies") ? { kind: "lose" } : undefined,
    );
    expect((await stack.try(UP)).code).not.toBe(0);
    proxy.expect();
    const lost = marks(await stack.live("networkpolicies"), "uid");
    expect(lost).not.toEqual({});
    const refused = await stack.try(UP);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toContain("already exists");

    const { folder, engine } = stack;
    const recording = await stack.recording();
    const report = (): void => undefined;
    await takeUp(engine, { root: projectRoot(), folder, cluster: asDeployer(cluster), recording, report });
    await stack.up();
    await stack.whenReady();
    expect(marks(await stack.live("networkpolicies"), "uid")).toMatchObject(lost);
    expect(await stack.plan()).toEqual([]);
  });

  test("finds nothing to do where nothing was interrupted, and touches nothing", async () => {
    const before = marks(await ownObjects(cluster, stack), "resourceVersion");
    expect(await recover()).toEqual({ changes: {}, foreign: [], blocked: [], notes: [expect.any(String)] });
    expect(marks(await ownObjects(cluster, stack), "resourceVersion")).toEqual(before);
  });
});
