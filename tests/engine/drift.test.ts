import { findDrift } from "../../tools/commands/drift";
import type { Drift } from "../../tools/commands/drift";
import { repair } from "../../tools/commands/drift/repair";
import { kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import type { Change } from "../../tools/report/compare";
import { renderJson, renderMarkdown } from "../../tools/report";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { Checkout, success } from "../support/commands";
import type { Ended } from "../support/commands";
import { TestStack } from "../support/engine";
import { isCredential } from "../support/recordings";
import type { LiveObject } from "../support/engine";
import { runForStack } from "../support/stack-command";
import { ADDITIONS, DELETED, edit, EDITS, FOREIGN, GROWN, SOMEBODY } from "./hand-edits";
import type { HandEdit } from "./hand-edits";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

const REFRESH = ["up", "--refresh", "--yes", "--skip-preview"];

interface Keyed extends LiveObject {
  readonly data: Readonly<Record<string, string>>;
}

describeWithEngine("npm run drift", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "drift", { "vapora:quota": { headroom: 100 } });
    const autoscaling = { minReplicas: 1, maxReplicas: 3, cpuUtilization: 75 };
    const backend = { ...stack.changed("backend", { autoscaling, replicas: undefined }) };
    await stack.up({ ...backend, ...stack.changed("frontend", { replicas: 2 }) });
    await stack.whenReady();
  });

  afterAll(() => stack.remove());

  const look = (): Promise<Drift> =>
    findDrift({
      ...{ cluster: asDeployer(cluster), pulumi: stack.engine, progress: () => undefined },
      file: { project: "vapora", stack: "dev", config: { "vapora:cluster": { identifier: "drift" } } },
    });
  const changesOf = ({ report }: Drift): readonly Change[] => report.stacks.flatMap(({ changes }) => changes);
  const differing = (drift: Drift): Record<string, string[]> =>
    Object.fromEntries(
      changesOf(drift).map(({ object, differences }) => [object, differences.map(({ path }) => path)]),
    );
  const pathsOf = (edits: readonly HandEdit[]): Record<string, readonly string[]> =>
    Object.fromEntries(edits.map(({ object, paths }) => [object, paths]));
  const editAll = async (edits: readonly Pick<HandEdit, "object" | "name" | "patch">[], by?: string): Promise<void> => {
    for (const one of edits) await edit(cluster, stack.namespace, one, by);
  };
  const credentials = async (): Promise<Keyed["data"][]> =>
    (await stack.live<Keyed>("secrets")).map(({ data }) =>
      Object.fromEntries(Object.entries(data).filter(([key]) => key !== "other")),
    );

  /** Every addition of somebody else, as it is on the cluster. */
  async function foreign(): Promise<string[]> {
    const all = JSON.stringify(await ownObjects(cluster, stack));
    return ['"example.com/team":"x"', '"example.com/cost":"1"', '"other":"x"', '"other":"eA=="', '"OTHER"'].filter(
      (text) => all.includes(text),
    );
  }

  it("finds nothing after a deployment, nor in what others have added", async () => {
    await editAll(FOREIGN, SOMEBODY);
    expect(await foreign()).toHaveLength(5);
    const drift = await look();
    expect(differing(drift)).toEqual({});
    expect(drift).toMatchObject({ objects: [], unseen: [] });
    expect(renderMarkdown(drift.report)).toContain("no change");
  });

  it("is a command: exit code 0 without drift, 2 with some, which --repair puts back", async () => {
    const checkout = new Checkout();
    checkout.addPulumi(pulumi);
    try {
      const drift = (...args: string[]): Promise<Ended> => runForStack(checkout, stack, ["drift", "dev", ...args]);
      const clean = await drift();
      expect(clean).toMatchObject({ code: 0, output: expect.stringContaining("no change") as string });
      await editAll(EDITS.slice(0, 2));
      const found = await drift();
      expect(found.code).toBe(2);
      for (const words of [
        "Deployment backend",
        "elsewhere/backend:9",
        "spec.replicas",
        "npm run drift -- dev --repair",
      ])
        expect(found.output).toContain(words);
      expect(found.output).not.toMatch(/may see nothing/);
      expect(success(await drift("--repair", "--yes"))).toContain("What was deployed is there again.");
      expect((await drift()).code).toBe(0);
    } finally {
      await checkout.remove();
    }
    await stack.whenReady();
  });

  it("finds every one of 20 edits and 8 deletions and nothing else; pulumi up --refresh repairs them all", async () => {
    expect([EDITS.length, DELETED.length]).toEqual([20, 8]);
    const [before, secrets] = [marks(await ownObjects(cluster, stack), "uid"), await credentials()];
    await editAll(EDITS);
    for (const { object, name } of DELETED) {
      await kubectl(cluster, ["delete", object.split(" ")[0] ?? "", name, "--namespace", stack.namespace]);
    }

    const drift = await look();
    const deleted = changesOf(drift).filter(({ action }) => action === "deleted");
    expect(deleted.map(({ object }) => object).sort()).toEqual(DELETED.map(({ object }) => object).sort());
    expect(differing(drift)).toEqual({
      ...pathsOf(EDITS),
      ...Object.fromEntries(DELETED.map(({ object }) => [object, []])),
    });
    expect(drift.unseen).toEqual([]);
    const text = `${renderJson(drift.report)}${renderMarkdown(drift.report, Infinity)}`;
    expect(text).toContain("written by kubectl-patch");
    for (const { data } of await stack.live<Keyed>("secrets"))
      for (const [key, value] of Object.entries(data)) {
        const clear = Buffer.from(value, "base64").toString();
        if (clear === "x" || !isCredential(key, clear)) continue;
        expect(text).not.toContain(value);
        expect(text).not.toContain(clear);
      }

    // without --refresh pulumi does not look
    expect(await stack.plan()).toEqual([]);
    await stack.run(REFRESH);
    expect(differing(await look())).toEqual({});
    await stack.whenReady();
    expect(await foreign()).toHaveLength(5);
    expect(await credentials()).toEqual(secrets);
    const after = marks(await ownObjects(cluster, stack), "uid");
    const renewed = Object.keys(before).filter((object) => after[object] !== before[object]);
    expect(renewed.sort()).toEqual(DELETED.map(({ object, name }) => `${object.split(" ")[0] ?? ""} ${name}`).sort());
  });

  it("finds what was added to lists and selectors that count as a whole, in which pulumi may see nothing, and repairs it", async () => {
    await editAll(ADDITIONS);
    const drift = await look();
    expect(differing(drift)).toEqual(pathsOf(ADDITIONS));
    expect([...drift.unseen].sort()).toEqual(ADDITIONS.map(({ object }) => object).sort());
    // even a policy that lets everybody in
    await stack.run(REFRESH);
    expect(differing(await look())).toMatchObject(pathsOf(ADDITIONS.slice(0, 1)));

    const refused = await repair({ objects: drift.objects, cluster: asDeployer(cluster), progress: () => undefined });
    expect(refused).toEqual([]);
    expect(differing(await look())).toEqual({});
    expect(await foreign()).toHaveLength(5);
    await stack.whenReady();
  });

  it("puts back edits and deletions by itself, and says what cannot be", async () => {
    const chosen = EDITS.filter((_one, index) => index % 4 === 0);
    await editAll([...chosen, GROWN]);
    for (const name of ["nats", "redis"]) {
      await kubectl(cluster, ["delete", "service", name, "--namespace", stack.namespace]);
    }
    const drift = await look();
    const gone = { "Service nats-service": [], "Service redis-service": [] };
    expect(differing(drift)).toEqual({ ...pathsOf([...chosen, GROWN]), ...gone });
    expect(renderMarkdown(drift.report)).toContain("a claim never shrinks: set its storage.size to 3Gi");

    const refused = await repair({ objects: drift.objects, cluster: asDeployer(cluster), progress: () => undefined });
    expect(refused).toEqual([expect.stringMatching(/^PersistentVolumeClaim nats-data: .*can not be less than/)]);
    expect(differing(await look())).toEqual(pathsOf([GROWN]));
    await stack.whenReady();
  });
});
