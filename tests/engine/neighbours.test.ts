import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

describeWithEngine("two stacks on one cluster", (cluster, pulumi) => {
  let one: TestStack;
  let other: TestStack;
  let before: Record<string, string>;

  beforeAll(async () => {
    one = new TestStack(cluster, pulumi, "dev", "one");
    other = new TestStack(cluster, pulumi, "dev", "other");
    await Promise.all([one.up(), other.up()]);
    await other.whenReady();
    before = await versions(other);
  });

  afterAll(() => Promise.all([one.remove(), other.remove()]));

  it("do not touch each other when one is changed", async () => {
    const changes = {
      ...one.changed("backend", { replicas: 2 }),
      ...one.changed("redis", { storage: { size: "2Gi" } }),
    };
    expect(await one.up(changes)).toEqual([
      "create PodDisruptionBudget backend-disruption-budget",
      "update Deployment backend",
      "update PersistentVolumeClaim redis-data",
    ]);
    expect(await versions(other)).toEqual(before);
  });

  it("do not touch each other when one is destroyed", async () => {
    await one.destroy();
    expect(await ownObjects(cluster, one)).toEqual([]);
    expect(await versions(other)).toEqual(before);
  });

  async function versions(stack: TestStack): Promise<Record<string, string>> {
    return marks([...(await ownObjects(cluster, stack)), ...(await stack.live("pods"))], "resourceVersion");
  }
});
