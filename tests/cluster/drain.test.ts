import { getObjects, kubectl, tryKubectl } from "../../tools/cluster/kubectl";
import { READY_DELAY } from "../../tools/cluster/simulation";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import {
  allObjects,
  annotate,
  applied,
  withoutJobs,
  withoutObjects,
  withWorkloads,
  workloads,
} from "../support/applied";
import type { Workload } from "../support/applied";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { ownNode, pinToOwnNodes } from "../support/own-nodes";
import type { PodWatch } from "../support/pod-watch";
import { podWatches } from "../support/pod-watch";
import { eventually } from "../support/programs";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

/** A drain that is not done by then is blocked; kubectl asks again every five seconds. */
const DRAIN_TIMEOUT = "60s";
const NEVER = { [READY_DELAY]: "24h" };
/** What a budget counts as unhealthy: a pod that has started and is not ready. One that is Pending it leaves alone. */
const RUNS_UNREADY = { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } };

interface Drained {
  readonly namespace: string;
  readonly node: string;
  readonly spare: string;
  readonly recorded: Recording;
  readonly watch: PodWatch;
}

describeOnCluster("a node that is drained", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);
  const watchPods = podWatches(cluster);

  afterAll(async () => {
    const { names } = namespaces;
    await kubectl(cluster, ["wait", "--for=delete", "--timeout=60s", ...names.map((name) => `namespace/${name}`)]);
    await kubectl(cluster, ["delete", "nodes", ...names.flatMap(nodesOf), "--ignore-not-found"]);
  });

  /** The production stack, all of its pods on the first of two nodes of its own and watched; the other is empty. */
  async function onOneNode(
    change: (recorded: Recording) => Recording,
    isReady: (workload: Workload) => boolean = () => true,
  ): Promise<Drained> {
    const namespace = namespaces.next("drain");
    const [node = "", spare = ""] = nodesOf(namespace);
    await applied(
      cluster,
      [node, spare].map((name) => ownNode(name, namespace)),
    );
    await kubectl(cluster, ["cordon", spare]);
    const services = withoutJobs(await recording("prod", { "vapora:namespace": { name: namespace } }));
    const prod = withWorkloads(services, (workload) => {
      annotate(workload, isReady(workload) ? { [READY_DELAY]: "1s" } : NEVER);
      pinToOwnNodes(workload);
    });
    const recorded = change(prod);
    await applied(cluster, allObjects(recorded));
    const [pods, ready] = [count(workloads(recorded)), count(workloads(recorded).filter(isReady))];
    await eventually(async () => ((await podsOn(node)).length === pods ? true : undefined), 120_000);
    const watch = await watchPods(namespace, pods, ready);
    return { namespace, node, spare, recorded, watch };
  }

  function podsOn(node: string): Promise<KubernetesObject[]> {
    return getObjects(cluster, ["pods", "--all-namespaces", "--field-selector", `spec.nodeName=${node}`]);
  }

  /** Drains as an administrator does, and gives what is left on the node. */
  async function drain({ node, spare }: Drained): Promise<string[]> {
    await kubectl(cluster, ["uncordon", spare]);
    const flags = ["--delete-emptydir-data", "--ignore-daemonsets", `--timeout=${DRAIN_TIMEOUT}`];
    await tryKubectl(cluster, ["drain", node, ...flags]);
    return (await podsOn(node)).map(({ metadata }) => metadata.name);
  }

  test("gets empty, and all pods but one of every service stay ready throughout", async () => {
    const stack = await onOneNode((recorded) => recorded);
    expect(await drain(stack)).toEqual([]);
    await stack.watch.until(() => stack.watch.ready() === count(workloads(stack.recorded)));
    expect(tooFewReady(stack)).toEqual([]);
  });

  test("would take services down without their budgets, so what is counted says something", async () => {
    const stack = await onOneNode((recorded) =>
      withoutObjects(onlyServices(recorded), ({ kind }) => kind === "PodDisruptionBudget"),
    );
    expect(await drain(stack)).toEqual([]);
    expect(tooFewReady(stack).sort()).toEqual(["vapora-backend had 0 of 3 ready", "vapora-frontend had 0 of 2 ready"]);
  });

  test("gets empty although the pods of one service never get ready, which Kubernetes by itself would wait for", async () => {
    const stack = await onOneNode(onlyServices, ({ metadata }) => metadata.name !== "vapora-frontend");
    const { namespace } = stack;
    const stuck = await getObjects<KubernetesObject>(cluster, ["pods", "-n", namespace, "-l", "app=vapora-frontend"]);
    for (const { metadata } of stuck)
      await patch(namespace, `pod/${metadata.name}`, RUNS_UNREADY, "--subresource=status");
    await patch(namespace, "deployment/vapora-backend", { spec: { template: { metadata: { annotations: NEVER } } } });
    await eventually(async () => ((await podsOn(stack.node)).length === 6 ? true : undefined));

    const budget = "poddisruptionbudget/vapora-frontend";
    await patch(namespace, budget, { spec: { unhealthyPodEvictionPolicy: "IfHealthyBudget" } });
    await eventually(async () =>
      (await tryEvict(namespace, stuck[0])).includes("disruption budget") ? true : undefined,
    );
    await patch(namespace, budget, { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } });

    expect(await drain(stack)).toEqual([]);
    expect(tooFewReady(stack).filter((line) => !line.startsWith("vapora-frontend"))).toEqual([]);
  });

  async function patch(namespace: string, object: string, change: object, ...flags: readonly string[]): Promise<void> {
    await kubectl(cluster, ["patch", object, "--namespace", namespace, "--patch", JSON.stringify(change), ...flags]);
  }

  /** Asks for an eviction that is not carried out, and gives what the API server says. */
  async function tryEvict(namespace: string, pod: KubernetesObject | undefined): Promise<string> {
    const name = pod?.metadata.name ?? "";
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    const input = JSON.stringify({ ...eviction, deleteOptions: { dryRun: ["All"] } });
    const { stdout, stderr } = await tryKubectl(cluster, ["create", "--raw", path, "-f", "-"], { input });
    return stdout + stderr;
  }
});

function nodesOf(namespace: string): string[] {
  return [`${namespace}-a`, `${namespace}-b`];
}

function count(some: readonly Workload[]): number {
  return some.reduce((sum, { spec: { replicas = 1 } }) => sum + replicas, 0);
}

/** Two services of the stack, which is enough where the others would show the same. */
function onlyServices(recorded: Recording): Recording {
  const apps = ["vapora-backend", "vapora-frontend"];
  return withoutObjects(
    recorded,
    ({ kind, metadata }) => kind !== "Namespace" && !apps.includes((metadata.labels as { app: string }).app),
  );
}

/** Services that at any time had fewer ready pods than all but one. */
function tooFewReady({ recorded, watch }: Drained): string[] {
  return workloads(recorded).flatMap((workload) => {
    const [wanted, app] = [count([workload]), workload.spec.template.metadata.labels.app ?? ""];
    const fewest = watch.fewestReady(app);
    return fewest >= wanted - 1 ? [] : [`${app} had ${String(fewest)} of ${String(wanted)} ready`];
  });
}
