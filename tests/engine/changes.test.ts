import { kubectl } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import type { LiveObject } from "../support/engine";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Deployment extends LiveObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

interface Job extends LiveObject {
  readonly status: { readonly succeeded?: number };
}

interface Claim extends LiveObject {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
}

/** A claim that a StatefulSet makes. */
const PER_REPLICA = { size: "1Gi", mode: "perReplica" };

describeWithEngine("a change of config", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "change");
    await stack.up(stack.changed("llmRouter", { storage: PER_REPLICA }));
  });

  afterAll(() => stack.remove());

  /** Identity of every object: the same before and after where nothing was replaced. */
  async function identities(): Promise<Record<string, string>> {
    return marks(await ownObjects(cluster, stack), "uid");
  }

  it("of one image updates that Deployment alone, and its new pods become Ready", async () => {
    const changes = stack.changed("mcpGateway", { image: "vapora/mcp-gateway:0.3.0" });
    expect(await stack.plan(changes)).toEqual(["update Deployment mcp-gateway"]);
    expect(await stack.up(changes)).toEqual(["update Deployment mcp-gateway"]);

    await stack.whenReady();
    expect(await images()).toEqual([
      "vapora/agents:0.2.0",
      "vapora/backend:0.2.0",
      "vapora/frontend:0.2.0",
      "vapora/mcp-gateway:0.3.0",
    ]);
  });

  it("of one replica to none updates that Deployment alone, and to two brings the budget for several", async () => {
    expect(await stack.plan(stack.changed("frontend", { replicas: 0 }))).toEqual(["update Deployment frontend"]);
    expect(await stack.plan(stack.changed("frontend", { replicas: 2 }))).toEqual([
      "create PodDisruptionBudget frontend-disruption-budget",
      "update Deployment frontend",
    ]);
  });

  it("of the backend's settings updates its ConfigMap and rolls its pods, and replaces nothing", async () => {
    const before = await identities();
    const pod = await podOf("vapora-backend");
    const changes = stack.changed("backend", { settings: { limits: { requests: 100 } } });
    const expected = ["update ConfigMap backend-config", "update Deployment backend"];
    expect(await stack.plan(changes)).toEqual(expected);
    expect(await stack.up(changes)).toEqual(expected);

    await stack.whenReady();
    expect(await identities()).toEqual(before);
    expect(await podOf("vapora-backend")).not.toEqual(pod);
  });

  it("of one weight of learning rolls agents alone, after one new Job has given the database its settings", async () => {
    const [before] = await jobs();
    const others = await podsBut("vapora-agents");
    const agents = await podOf("vapora-agents");
    const changes = { "vapora:learning": { weights: { base: 0.2, expertise: 0.6, confidence: 0.2 } } };
    const expected = [
      "replace ConfigMap knowledge-graph-script",
      "replace Job knowledge-graph-job",
      "update ConfigMap agents-config",
      "update Deployment agents",
      // the start-up file, which brings the graph to a database that lost its volume; it restarts nothing
      "update Secret surrealdb-credentials",
    ];
    expect(await stack.plan(changes)).toEqual(expected);
    const done = await stack.up(changes);
    expect(done.filter((line) => !/^(create-replacement|delete-replaced) /.test(line))).toEqual(expected);

    await stack.whenReady();
    const [after, ...more] = await jobs();
    expect(more).toEqual([]);
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(after?.status.succeeded).toBe(1);
    expect(await podsBut("vapora-agents")).toEqual(others);
    expect(await podOf("vapora-agents")).not.toEqual(agents);
    expect(await stack.plan(changes)).toEqual([]);
  });

  it("to an external data service leaves the claim and the passwords of the bundled one alone", async () => {
    const config = stack.changed("redis", {});
    const redis = { external: { host: "redis.example.com", ranges: ["10.0.0.0/8"] }, storage: { size: "1Gi" } };
    const plan = await stack.plan({ ...config, "vapora:redis": redis });
    expect(plan).toContain("delete StatefulSet redis");
    expect(plan.filter((line) => /PersistentVolumeClaim|RandomPassword/.test(line))).toEqual([]);
  });

  it("to an older image of a store is refused in the preview already, with what to do", async () => {
    const { code, stdout } = await stack.try(["preview"], stack.changed("redis", { image: "redis:8.6.1-alpine" }));
    expect(code).not.toBe(0);
    expect(stdout).toContain("redis: 8.6.1 is older than 8.6.2, and may not read the data that one wrote");
    expect(await stack.plan(stack.changed("redis", { image: "redis:8.6.3-alpine" }))).toEqual([
      "update StatefulSet redis",
    ]);
  });

  it("of a service's claim to a larger size updates that claim alone", async () => {
    const changes = stack.changed("agents", { storage: { size: "3Gi" } });
    expect(await stack.plan(changes)).toEqual(["update PersistentVolumeClaim agents-storage"]);
  });

  it("of the message bus' claim to a larger size grows the claim and its limit in place", async () => {
    const before = await identities();
    const changes = stack.changed("nats", { storage: { size: "2Gi" } });
    const expected = [
      "update ConfigMap nats-config",
      "update PersistentVolumeClaim nats-data",
      "update StatefulSet nats",
    ];
    expect(await stack.plan(changes)).toEqual(expected);
    expect(await stack.up(changes)).toEqual(expected);

    await stack.whenReady();
    expect(await identities()).toEqual(before);
    expect(await requestedSize("nats-data")).toBe("2Gi");
  });

  it("of the size of claims that a StatefulSet makes follows the claims that were grown by hand", async () => {
    const before = await identities();
    const grown = stack.changed("llmRouter", { storage: { ...PER_REPLICA, size: "2Gi" } });
    // docs/operations.md
    const scope = ["--namespace", stack.namespace];
    const size = JSON.stringify({ spec: { resources: { requests: { storage: "2Gi" } } } });
    const claim = "routing-cache-vapora-llm-router-0";
    await kubectl(cluster, ["patch", "persistentvolumeclaim", claim, ...scope, "-p", size]);
    await kubectl(cluster, ["delete", "statefulset", "vapora-llm-router", ...scope, "--cascade=orphan"]);
    await stack.run(["refresh", "--yes", "--skip-preview", "--target", "**StatefulSet::llm-router"]);
    expect(await stack.up(grown)).toEqual(["create StatefulSet llm-router"]);
    await stack.whenReady();
    expect(await requestedSize(claim)).toBe("2Gi");
    const after = await identities();
    const renewed = Object.keys(before).filter((name) => after[name] !== before[name]);
    expect(renewed).toEqual(["StatefulSet vapora-llm-router"]);
  });

  async function images(): Promise<string[]> {
    const deployments = await stack.live<Deployment>("deployments");
    return deployments.flatMap(({ spec }) => spec.template.spec.containers.map(({ image }) => image)).sort();
  }

  /** Identity of an app's pods that are not on their way out. */
  async function podOf(app: string): Promise<string[]> {
    const pods = await stack.live("pods");
    return pods
      .filter(({ metadata }) => metadata.labels?.app === app && metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.uid);
  }

  async function jobs(): Promise<Job[]> {
    const live = await stack.live<Job>("jobs");
    return live.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Identity of every pod that runs for good, but for those of an app. */
  async function podsBut(app: string): Promise<string[]> {
    const running = (await stack.live("pods")).filter(
      ({ metadata: { labels, deletionTimestamp } }) =>
        deletionTimestamp === undefined && ![app, "knowledge-graph"].includes(labels?.app ?? ""),
    );
    return running.map(({ metadata }) => metadata.uid).sort();
  }

  async function requestedSize(claim: string): Promise<string | undefined> {
    const claims = await stack.live<Claim>("persistentvolumeclaims");
    return claims.find(({ metadata }) => metadata.name === claim)?.spec.resources.requests.storage;
  }
});
