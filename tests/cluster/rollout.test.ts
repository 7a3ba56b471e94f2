import { kubectl } from "../../tools/cluster/kubectl";
import { DELETE_DELAY, READY_DELAY } from "../../tools/cluster/simulation";
import type { Recording } from "../../tools/recording/recording";
import { allObjects, annotate, applied, withoutJobs, withWorkloads, workloads } from "../support/applied";
import type { Workload } from "../support/applied";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import type { PodWatch } from "../support/pod-watch";
import { podWatches } from "../support/pod-watch";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Pods take a moment to get ready and to end, so that nothing is hidden by a simulation that is always quick. */
const SLOW = { [READY_DELAY]: "1s", [DELETE_DELAY]: "1s" };
/** How long a new pod is watched is no matter of these tests. */
const MIN_READY_SECONDS = 1;

describeOnCluster("a new revision of everything", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);
  const watchPods = podWatches(cluster);

  /** Deploys a stack, then a second revision of all of its pods, and gives what was seen of them in between. */
  async function rolledOut(
    stack: string,
    change: (workload: Workload) => void = () => undefined,
  ): Promise<{ readonly recorded: Recording; readonly watch: PodWatch }> {
    const namespace = namespaces.next("rollout");
    const revision = (number: number): Recording =>
      withWorkloads(recorded, (workload) => {
        annotate(workload, { ...SLOW, revision: String(number) });
        delete workload.spec.template.spec.nodeSelector;
        Object.assign(workload.spec, { minReadySeconds: MIN_READY_SECONDS });
        change(workload);
      });
    const recorded = withoutJobs(await recording(stack, { "vapora:namespace": { name: namespace } }));
    await applied(cluster, allObjects(revision(1)));
    const pods = workloads(recorded).reduce((sum, workload) => sum + replicasOf(workload), 0);
    const watch = await watchPods(namespace, pods, pods);
    await applied(cluster, allObjects(revision(2)));
    const names = workloads(recorded).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    for (const name of names) await kubectl(cluster, ["rollout", "status", name, "-n", namespace, "--timeout=90s"]);
    return { recorded, watch };
  }

  test("takes no ready pod from any service that rolls", async () => {
    const { recorded, watch } = await rolledOut("prod");
    const rolling = workloads(recorded).filter((workload) => strategyOf(workload) === "RollingUpdate");
    expect(rolling.map(({ metadata }) => metadata.name).sort()).toEqual(
      ["agents", "backend", "frontend", "llm-router", "mcp-gateway"].map((name) => `vapora-${name}`),
    );
    for (const { metadata, spec } of rolling) {
      expect([metadata.name, watch.fewestReady(metadata.name)]).toEqual([metadata.name, spec.replicas]);
      expect([metadata.name, watch.mostPods(metadata.name) > (spec.replicas ?? 0)]).toEqual([metadata.name, true]);
    }
  });

  test("would show a service that loses one, so what is counted says something", async () => {
    const { watch } = await rolledOut("prod", ({ metadata, spec }) => {
      const rollingUpdate = { maxSurge: 0, maxUnavailable: 1 };
      if (metadata.name === "vapora-frontend") Object.assign(spec, { strategy: { rollingUpdate } });
    });
    expect([watch.fewestReady("vapora-frontend"), watch.fewestReady("vapora-backend")]).toEqual([1, 3]);
  });

  test("never has two pods on a claim that is one node's at a time", async () => {
    const { recorded, watch } = await rolledOut("dev");
    const exclusive = workloads(recorded).filter((workload) => strategyOf(workload) !== "RollingUpdate");
    expect(exclusive.map(({ metadata }) => metadata.name).sort()).toEqual([
      "nats",
      "redis",
      "surrealdb",
      "vapora-agents",
      "vapora-llm-router",
      "vapora-mcp-gateway",
    ]);
    for (const { metadata } of exclusive) {
      expect([metadata.name, watch.mostPods(metadata.name)]).toEqual([metadata.name, 1]);
      // it did go and come back
      expect([metadata.name, watch.fewestReady(metadata.name)]).toEqual([metadata.name, 0]);
    }
  });
});

function replicasOf({ spec: { replicas = 1 } }: Workload): number {
  return replicas;
}

/** Strategy of a Deployment; a StatefulSet has none. */
function strategyOf({ spec }: Workload): string | undefined {
  return (spec as { strategy?: { type?: string } }).strategy?.type;
}
