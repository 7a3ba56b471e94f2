/** A service's number of pods, when an autoscaler takes it over and when it is given back. */
import { kubectl } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

const AUTOSCALING = { minReplicas: 2, maxReplicas: 6, cpuUtilization: 75 };

// one after the other: each goes on from what the one before has left
describeWithEngine("a service of three pods", (cluster, pulumi) => {
  let stack: TestStack;
  /** Numbers of pods that the Deployment asked for, while something was deployed. */
  let asked: number[] = [];

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "scale");
    await stack.up(stack.changed("frontend", { replicas: 3 }));
    await stack.whenReady();
  });

  afterAll(() => stack.remove());

  it("keeps them when an autoscaler takes over", async () => {
    const pods = await podNames();
    const done = await watched(frontend({ autoscaling: AUTOSCALING }));
    expect(done).toContain("create HorizontalPodAutoscaler frontend-autoscaler");
    expect(new Set(asked)).toEqual(new Set([3]));
    expect(await podNames()).toEqual(pods);
  });

  it("leaves alone what the autoscaler has chosen since", async () => {
    await kubectl(cluster, ["scale", "deployment", "vapora-frontend", "--replicas=5", "--namespace", stack.namespace]);
    await watched(stack.changed("frontend", { environment: "staging" }));
    expect(asked.slice(-1)).toEqual([5]);
    expect(Math.min(...asked)).toBe(5);
  });

  it("goes straight to a number of its own when it is given back", async () => {
    const pods = await podNames();
    expect(pods).toHaveLength(5);
    const done = await watched(frontend({ replicas: 4 }));
    expect(done).toContain("delete HorizontalPodAutoscaler frontend-autoscaler");
    expect(asked.filter((number) => ![5, 4].includes(number))).toEqual([]);
    expect(asked.slice(-1)).toEqual([4]);
    await stack.whenReady();
    expect(await stack.plan()).toEqual([]);
  });

  /** The frontend's config with a number of pods, or an autoscaler, and not both. */
  function frontend(change: object): Readonly<Record<string, unknown>> {
    const section = stack.config["vapora:frontend"] as Readonly<Record<string, unknown>>;
    return { "vapora:frontend": { ...section, replicas: undefined, autoscaling: undefined, ...change } };
  }

  /** Deploys, and asks for the number of pods all the while. */
  async function watched(change: Readonly<Record<string, unknown>>): Promise<string[]> {
    asked = [];
    const state = { isOver: false };
    const deployed = stack.up(change).finally(() => {
      state.isOver = true;
    });
    while (!state.isOver) asked.push(await replicas());
    asked.push(await replicas());
    return deployed;
  }

  async function replicas(): Promise<number> {
    const args = ["get", "deployment", "vapora-frontend", "-n", stack.namespace, "-o", "jsonpath={.spec.replicas}"];
    return Number(await kubectl(cluster, args));
  }

  async function podNames(): Promise<string[]> {
    const pods = await stack.live("pods");
    return pods
      .filter(({ metadata }) => metadata.labels?.app === "vapora-frontend" && metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name)
      .sort();
  }
});
