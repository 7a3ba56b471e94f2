import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { describeUrn, TestStack } from "../support/engine";
import { marks, ownObjects, unlikeRendered } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

describeWithEngine("the life of a stack", (cluster, pulumi) => {
  let stack: TestStack;
  /** Another stack on the same cluster. */
  let neighbour: TestStack;
  let planned: string[];
  let made: string[];
  let neighboursOwn: Record<string, string>;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "life");
    neighbour = new TestStack(cluster, pulumi, "dev", "neighbour");
    planned = await stack.plan();
    [made] = await Promise.all([stack.up(), neighbour.up()]);
    await neighbour.whenReady();
    neighboursOwn = await versions(neighbour);
  });

  afterAll(() => Promise.all([stack.remove(), neighbour.remove()]));

  async function versions(one: TestStack): Promise<Record<string, string>> {
    return marks([...(await ownObjects(cluster, one)), ...(await one.live("pods"))], "resourceVersion");
  }

  it("plans to create exactly what the recording holds", async () => {
    const { resources } = await stack.recording();
    const recorded = resources.map(({ urn }) => `create ${describeUrn(urn)}`).sort();
    expect(planned.filter((line) => !isDefaultProvider(line))).toEqual(recorded);
  });

  it("creates exactly what was planned", () => {
    expect(made).toEqual(planned);
  });

  it("comes up with every pod Ready and every claim Bound", async () => {
    await expect(stack.whenReady()).resolves.toBeUndefined();
  });

  it("leaves nothing to change", async () => {
    await expect(stack.run(["preview", "--expect-no-changes"])).resolves.toMatchObject({ code: 0 });
  });

  it("has objects that equal the rendered ones in every field, and no others", async () => {
    expect(await unlikeRendered(cluster, stack)).toEqual([]);
  });

  it("leaves nothing behind when it is destroyed, and comes up again", async () => {
    await stack.destroy();
    expect(await ownObjects(cluster, stack)).toEqual([]);
    expect(await stack.state()).toEqual([]);

    expect(await stack.up()).toEqual(made);
    await stack.whenReady();
  });

  it("touches no other stack on its cluster, when it is changed either", async () => {
    expect(await versions(neighbour)).toEqual(neighboursOwn);
    const changes = {
      ...stack.changed("backend", { replicas: 2 }),
      ...stack.changed("redis", { storage: { size: "2Gi" } }),
    };
    expect(await stack.up(changes)).toEqual([
      "create PodDisruptionBudget backend-disruption-budget",
      "update Deployment backend",
      "update PersistentVolumeClaim redis-data",
    ]);
    expect(await versions(neighbour)).toEqual(neighboursOwn);
  });
});

/** The engine makes a provider of its own where the program names none, as for generated passwords. */
function isDefaultProvider(line: string): boolean {
  return / default_[\d_]+$/.test(line);
}
