import { kubectl, tryKubectl } from "../../local/kubectl";
import { waitUntilReady } from "../../local/readiness";
import { READY_DELAY } from "../../local/simulation";
import type { KubernetesObject, Recording } from "../../offline/recording";
import { allObjects, annotate, applied, without, withWorkloads, workloads } from "../support/applied";
import type { Workload } from "../support/applied";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { PodWatch } from "../support/pod-watch";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

/** A drain that is not done by then is blocked; kubectl asks again every five seconds. */
const DRAIN_TIMEOUT = "45s";

describeOnCluster("a node that is drained", (cluster) => {
  const made: string[] = [];
  const watches: PodWatch[] = [];

  afterEach(() => {
    for (const watch of watches.splice(0)) watch.stop();
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, ...made);
    await kubectl(cluster, ["delete", "nodes", ...made.flatMap(nodesOf), "--ignore-not-found"]);
  });

  /** The production stack with all its pods on the first of two nodes of its own; the other one is empty. */
  async function onOneNode(change: (recorded: Recording) => Recording = (recorded) => recorded): Promise<Drain> {
    const namespace = uniqueNamespace("drain");
    made.push(namespace);
    const [node = "", spare = ""] = nodesOf(namespace);
    await applied(cluster, [node, spare].map((name) => nodeFor(name, namespace)));
    await kubectl(cluster, ["cordon", spare]);
    const recorded = change(
      withWorkloads(await recording("prod", { "vapora:namespace": { name: namespace } }), (workload) => {
        annotate(workload, { [READY_DELAY]: "1s" });
        pinTo(namespace, workload);
      }),
    );
    await applied(cluster, allObjects(recorded));
    return { namespace, node, spare, recorded };
  }

  async function watched({ namespace, recorded }: Drain): Promise<PodWatch> {
    const pods = workloads(recorded).reduce((sum, { spec: { replicas = 1 } }) => sum + replicas, 0);
    const watch = await PodWatch.start(cluster, namespace, pods);
    watches.push(watch);
    return watch;
  }

  async function drain({ node, spare }: Drain): Promise<{ readonly code: number; readonly stderr: string }> {
    await kubectl(cluster, ["uncordon", spare]);
    const flags = ["--delete-emptydir-data", "--ignore-daemonsets", `--timeout=${DRAIN_TIMEOUT}`];
    return tryKubectl(cluster, ["drain", node, ...flags]);
  }

  test("gets empty, and every service keeps all but one of its pods ready throughout", async () => {
    const stack = await onOneNode();
    await waitUntilReady(cluster, stack.recorded, 60_000, () => undefined);
    const watch = await watched(stack);
    expect(await drain(stack)).toMatchObject({ code: 0 });
    await waitUntilReady(cluster, stack.recorded, 30_000, () => undefined);
    expect(fewest(watch, stack.recorded)).toEqual(
      shouldBe(stack.recorded, ({ spec: { replicas = 1 } }) => `at least ${String(replicas - 1)}`),
    );
  });
});

interface Drain {
  readonly namespace: string;
  readonly node: string;
  readonly spare: string;
  readonly recorded: Recording;
}

function nodesOf(namespace: string): string[] {
  return [`${namespace}-a`, `${namespace}-b`];
}
