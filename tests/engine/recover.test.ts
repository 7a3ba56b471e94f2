import { takeUp } from "../../tools/pulumi/take-up";
import { asDeployer } from "../../tools/cluster/role";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeWithEngine, testWithEngine } from "../support/cluster";
import type { NewProvider } from "../support/cluster";
import type { Config, LiveObject } from "../support/engine";
import type { Write } from "../support/fault-proxy";
import { DESTROY, FaultyStack, UP } from "../support/faulty-stack";
import { processesOf } from "../support/kill";
import { eventually } from "../support/programs";
import { marks, ownObjects, unlikeRendered } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Case {
  /** @default - nothing */
  readonly needs?: NewProvider;
  readonly title: string;
  /** The write that pulumi does not live to see. */
  readonly at: (write: Write) => boolean;
  readonly changes?: (stack: FaultyStack) => Config;
}

const is =
  (method: string, end: string) =>
  (write: Write): boolean =>
    write.method === method && write.path.endsWith(end);

// One after the other: each goes on from where the one before ended.
describeWithEngine("a pulumi that is killed between a write to the API server and its state", (cluster, pulumi) => {
  let stack: FaultyStack;

  beforeAll(async () => {
    stack = await FaultyStack.start(cluster, pulumi, "recover");
  });

  afterAll(async () => {
    await stack.remove();
  });

  const identities = async (): Promise<Record<string, string>> => marks(await ownObjects(cluster, stack), "uid");

  /** Generated passwords by Secret, as they are on the cluster. */
  async function secrets(): Promise<Record<string, unknown>> {
    const found = await stack.live<LiveObject & { readonly data?: unknown }>("secrets");
    return Object.fromEntries(found.map(({ metadata, data }) => [metadata.name, data]));
  }

  /** No lock, no open operation, no leave to take over, no process. */
  async function expectInOrder(): Promise<void> {
    const { pending, resources } = await stack.read();
    const upserting = resources.filter(({ inputs }) => inputs?.upsertExistingObjects !== undefined);
    expect([stack.locks(), pending, upserting]).toEqual([[], [], []]);
    await eventually(() => Promise.resolve(processesOf(stack).length === 0 ? true : undefined));
  }

  testWithEngine(
    "while it creates: a plain up fails, recover and up do not, and what was made stays",
    "creates by POST",
    async () => {
      await stack.killedAt(
        ({ number, method, path }) => number > 12 && method === "POST" && path.endsWith("/services"),
        () => stack.try(UP),
      );
      const [made, passwords] = [await identities(), await secrets()];
      expect(Object.keys(made).length).toBeGreaterThan(10);
      expect((await stack.try(UP)).stderr).toContain("the stack is currently locked");

      const { changes, foreign, blocked, notes } = await stack.recover();
      expect([foreign, blocked]).toEqual([[], []]);
      expect(Object.keys(changes)).toEqual(["create"]);
      expect(notes).toMatch(/^Removed a lock that \S+@\S+ \(process \d+\)/);
      expect(notes).toMatch(/^Taken into the state: .*Service /m);
      await expectInOrder();
      expect(await identities()).toEqual(made);

      const done = await stack.up();
      expect(done.filter((line) => !line.startsWith("create "))).toEqual([]);
      expect(done).toHaveLength(changes.create ?? 0);
      await stack.whenReady();
      expect(await identities()).toMatchObject(made);
      expect(await secrets()).toMatchObject(passwords);
      expect(await unlikeRendered(cluster, stack)).toEqual([]);
    },
  );

  test("where nothing was interrupted, recover finds nothing to do and touches nothing", async () => {
    await stack.up();
    await stack.whenReady();
    const before = marks(await ownObjects(cluster, stack), "resourceVersion");
    const { notes, ...found } = await stack.recover();
    expect(found).toEqual({ changes: {}, foreign: [], blocked: [] });
    expect(notes).toMatch(/^The state as it was: .*$/);
    expect(marks(await ownObjects(cluster, stack), "resourceVersion")).toEqual(before);
  });

  const storage = (stack: FaultyStack): Config =>
    stack.changed("agents", { storage: { size: "2Gi", storageClass: "standard-wait" } });
  const back = (stack: FaultyStack): Config => stack.changed("agents", { storage: { size: "2Gi" } });

  const cases: readonly Case[] = [
    {
      title: "while it updates",
      at: is("PATCH", "/deployments/vapora-backend"),
      changes: (stack) => stack.changed("backend", { image: "vapora/backend:0.2.1" }),
    },
    { title: "while it deletes what it replaces", at: is("DELETE", "/vapora-agent-state-pvc"), changes: storage },
    {
      title: "while it creates what it replaces",
      at: is("POST", "/persistentvolumeclaims"),
      changes: back,
      needs: "creates by POST",
    },
  ];
  const interrupt = async ({ at, changes }: Case): Promise<void> => {
    const passwords = await secrets();
    stack.change(changes?.(stack) ?? {});
    await stack.killedAt(at, () => stack.try(UP));
    expect(stack.locks()).toHaveLength(1);

    expect(await stack.recover()).toMatchObject({ foreign: [], blocked: [] });
    await expectInOrder();
    await stack.up();
    await stack.whenReady();
    expect(await stack.plan()).toEqual([]);
    expect(await unlikeRendered(cluster, stack)).toEqual([]);
    expect(await secrets()).toEqual(passwords);
  };
  for (const one of cases) {
    testWithEngine(`${one.title}: recover and up bring what was wanted`, one.needs, () => interrupt(one));
  }

  test("while it makes a Job anew: recover takes up the new one, and the old one goes", async () => {
    const jobs = async (): Promise<Record<string, string>> => marks(await stack.live("jobs"), "uid");
    const before = await jobs();
    stack.change({ "vapora:learning": { weights: { base: 0.2, expertise: 0.6, confidence: 0.2 } } });
    const isJob = ({ method, path }: Write): boolean =>
      method !== "DELETE" && /\/jobs(\/knowledge-graph-|$)/.test(path);
    await stack.killedAt(isJob, () => stack.try(UP));
    const made = Object.entries(await jobs()).filter(([, uid]) => !Object.values(before).includes(uid));
    expect(made).toHaveLength(1);
    expect((await stack.recover()).notes).toContain(`Taken into the state: ${String(made[0]?.[0])}.`);
    await expectInOrder();
    expect(Object.entries(await jobs())).toEqual(made);
    await stack.up();
    expect(Object.entries(await jobs())).toEqual(made);
    expect(await stack.plan()).toEqual([]);
  });

  test("while it destroys: recover and destroy leave nothing", async () => {
    await stack.killedAt(
      ({ number, method }) => number > 8 && method === "DELETE",
      () => stack.try(DESTROY),
    );
    expect(await stack.recover()).toMatchObject({ foreign: [], blocked: [] });
    await expectInOrder();
    await stack.destroy();
    await eventually(async () => ((await ownObjects(cluster, stack)).length === 0 ? true : undefined), 240_000);
    expect((await stack.read()).resources).toEqual([]);
  });

  testWithEngine(
    "an object whose creation was answered by nobody is taken up by the next try-out",
    "creates by POST",
    async () => {
      stack.proxy.expect((write) => (is("POST", "/networkpolicies")(write) ? { kind: "lose" } : undefined));
      expect((await stack.try(UP)).code).not.toBe(0);
      stack.proxy.expect();
      const lost = marks(await stack.live("networkpolicies"), "uid");
      expect(lost).not.toEqual({});
      expect((await stack.try(UP)).stdout).toContain("already exists");

      const { folder, engine } = stack;
      const recording = await stack.recording();
      const progress = (): void => undefined;
      await takeUp(engine, { root: projectRoot(), folder, cluster: asDeployer(cluster), recording, progress });
      await stack.up();
      await stack.whenReady();
      expect(marks(await stack.live("networkpolicies"), "uid")).toMatchObject(lost);
      expect(await stack.plan()).toEqual([]);
    },
  );
});
