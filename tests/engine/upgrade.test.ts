import { rmSync } from "node:fs";
import { deployedObjects, OPEN_SECRETS } from "../../tools/commands/drift/deployed";
import type { DeployedObject } from "../../tools/commands/drift/deployed";
import type { Engine } from "../../tools/commands/try/engine";
import { kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { parseState } from "../../tools/pulumi/state";
import { withoutJobs } from "../support/applied";
import { CLUSTER_TIMEOUT, describeWith, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import type { LiveObject } from "../support/engine";
import { hasRelease, releaseState, sealAsRelease, UPGRADE, writeFixture, writeRelease } from "../support/release";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Set to have the fixture made anew, by the program of the release itself. */
const RECORD = process.env.RECORD_RELEASE === "true";

interface Keyed extends LiveObject {
  readonly data: Readonly<Record<string, string>>;
}

describeWithEngine("the release before this one", (cluster, pulumi) => {
  let stack: TestStack;
  let first: Record<string, unknown>;
  const programs: string[] = [];

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "upgrade", { "vapora:cluster": clusterConfig() }, UPGRADE);
    sealAsRelease(stack);
    if (RECORD) {
      await (await release()).run(["up", "--yes", "--skip-preview"]);
      writeFixture((await stack.engine.run(["stack", "export"])).stdout);
    } else {
      await stack.engine.prepare(stack.config);
      await stack.engine.run(["stack", "import"], releaseState());
      const made = (await deployed()).map(({ object }) => JSON.stringify(object));
      // as the provider makes them
      const args = ["create", "--field-manager=pulumi-kubernetes", "-f", "-"];
      await kubectl(asDeployer(cluster), args, { input: made.join("\n---\n") });
    }
    first = await objects();
    await whenReleaseReady();
  });

  afterAll(async () => {
    for (const folder of programs) rmSync(folder, { recursive: true });
    await stack.remove();
  });

  /** The release has no Jobs. */
  const whenReleaseReady = (): Promise<void> => stack.whenReady(withoutJobs);

  function clusterConfig(): object {
    return { identifier: UPGRADE, kubeconfig: asDeployer(cluster).kubeconfig };
  }

  /** The release's program with the state and config of the stack. */
  async function release(): Promise<Engine> {
    const root = writeRelease();
    programs.push(root);
    return stack.engineOf(root);
  }

  async function deployed(): Promise<DeployedObject[]> {
    return deployedObjects(parseState(await stack.exported(...OPEN_SECRETS)));
  }

  /** What was deployed, by object, the values of Secrets included. */
  async function objects(): Promise<Record<string, unknown>> {
    return Object.fromEntries((await deployed()).map(({ resource, object }) => [resource.urn, object]));
  }

  const passwords = async (): Promise<unknown> => {
    const { resources } = parseState(await stack.exported(...OPEN_SECRETS));
    return resources.filter(({ type }) => type.startsWith("random:")).map(({ urn, outputs }) => [urn, outputs?.result]);
  };
  /** Values of Secrets, but for scripts, which change with the users there are, and the database's URL, whose form this release changes. */
  const secrets = async (): Promise<Readonly<Record<string, object>>> =>
    Object.fromEntries(
      (await stack.live<Keyed>("secrets")).map(({ metadata, data }) => [
        metadata.name,
        Object.fromEntries(Object.entries(data).filter(([key]) => !key.endsWith(".surql") && key !== "database-url")),
      ]),
    );

  it("is upgraded in place: nothing is replaced or deleted, and claims, passwords and Secrets are the same", async () => {
    const [uids, data] = [marks(await ownObjects(cluster, stack), "uid"), await secrets()];
    const made = (await passwords()) as [string, unknown][];
    const plan = await stack.plan();
    expect(plan.length).toBeGreaterThan(0);
    expect(plan.filter((line) => !/^(create|update) /.test(line))).toEqual([]);
    expect(await stack.up()).toEqual(plan);
    await stack.whenReady();
    expect(marks(await ownObjects(cluster, stack), "uid")).toMatchObject(uids);
    expect(await secrets()).toMatchObject(data);
    expect(await passwords()).toEqual(expect.arrayContaining(made));
  });

  // where labels or annotations alone have changed, the provider may keep the object as it was before, and asks once more
  it("is then as the program asks for: another up writes nothing, and a preview shows nothing", async () => {
    const versions = marks(await ownObjects(cluster, stack), "resourceVersion");
    await stack.up();
    expect(marks(await ownObjects(cluster, stack), "resourceVersion")).toEqual(versions);
    expect(await stack.plan()).toEqual([]);
  });

  describeWith("and back to it", hasRelease() ? undefined : "its commit is not in this clone", () => {
    it("gives its objects again, field for field, with the same claims and Secrets; and forward once more", async () => {
      const [uids, data, now] = [marks(await ownObjects(cluster, stack), "uid"), await secrets(), await objects()];
      const back = await release();
      await back.run(["up", "--yes", "--skip-preview"]);
      expect(await objects()).toEqual(first);
      await whenReleaseReady();
      expect(uids).toMatchObject(marks(await ownObjects(cluster, stack), "uid"));
      expect(data).toMatchObject(await secrets());

      await stack.engine.prepare(stack.config);
      await stack.up();
      await stack.whenReady();
      expect(Object.keys(await objects()).sort()).toEqual(Object.keys(now).sort());
    });
  });
});
