import { getObjects, kubectl, tryKubectl } from "../../local/kubectl";
import { waitUntilReady } from "../../local/readiness";
import { READY_DELAY } from "../../local/simulation";
import type { KubernetesObject, Recording } from "../../offline/recording";
import { allObjects, annotate, applied, withoutObjects, withWorkloads, workloads } from "../support/applied";
import type { Workload } from "../support/applied";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { ownNode, pinToOwnNodes } from "../support/own-nodes";
import { PodWatch } from "../support/pod-watch";
import { eventually } from "../support/programs";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

/** A drain that is not done by then is blocked; kubectl asks again every five seconds. */
const DRAIN_TIMEOUT = "60s";
const NEVER = { [READY_DELAY]: "24h" };

interface Drained {
  readonly namespace: string;
  readonly node: string;
  readonly spare: string;
  readonly recorded: Recording;
  readonly watch: PodWatch;
}

describeOnCluster("a node that is drained", (cluster) => {
  const namespaces: string[] = [];
  const watches: PodWatch[] = [];

  afterEach(() => {
    for (const watch of watches.splice(0)) watch.stop();
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, ...namespaces);
    await kubectl(cluster, ["wait", "--for=delete", "--timeout=60s", ...namespaces.map((name) => `namespace/${name}`)]);
    await kubectl(cluster, ["delete", "nodes", ...namespaces.flatMap(nodesOf), "--ignore-not-found"]);
  });

  /** The production stack, all of its pods on the first of two nodes of its own and watched; the other is empty. */
  async function onOneNode(
    change: (recorded: Recording) => Recording,
    isReady: (workload: Workload) => boolean = () => true,
  ): Promise<Drained> {
    const namespace = uniqueNamespace("drain");
    namespaces.push(namespace);
    const [node = "", spare = ""] = nodesOf(namespace);
    await applied(
      cluster,
      [node, spare].map((name) => ownNode(name, namespace)),
    );
    await kubectl(cluster, ["cordon", spare]);
    const prod = withWorkloads(await recording("prod", { "vapora:namespace": { name: namespace } }), (workload) => {
      annotate(workload, isReady(workload) ? { [READY_DELAY]: "1s" } : NEVER);
      pinToOwnNodes(workload);
    });
    const recorded = change(prod);
    await applied(cluster, allObjects(recorded));
    await waitUntilReady(cluster, readyPart(recorded, isReady), 60_000, () => undefined);

    const pods = workloads(recorded).reduce((sum, workload) => sum + replicasOf(workload), 0);
    await eventually(async () => ((await podsOn(node)).length === pods ? true : undefined), 30_000);
    const watch = await PodWatch.start(cluster, namespace, pods);
    watches.push(watch);
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
    await waitUntilReady(cluster, stack.recorded, 30_000, () => undefined);
    expect(tooFewReady(stack)).toEqual([]);
  });

  test("would take services down without their budgets, so what is counted says something", async () => {
    const stack = await onOneNode((recorded) =>
      withoutObjects(onlyServices(recorded), ({ kind }) => kind === "PodDisruptionBudget"),
    );
    expect(await drain(stack)).toEqual([]);
    expect(tooFewReady(stack)).toEqual(["vapora-backend had 0 of 3 ready", "vapora-frontend had 0 of 2 ready"]);
  });

  test("gets empty although one service's pods never get ready and the rollout of another hangs", async () => {
    const isReady = ({ metadata }: Workload): boolean => metadata.name !== "vapora-frontend";
    const stack = await onOneNode(onlyServices, isReady);
    await kubectl(cluster, [
      ...["patch", "deployment", "vapora-backend", "--namespace", stack.namespace],
      ...["--patch", JSON.stringify({ spec: { template: { metadata: { annotations: NEVER } } } })],
    ]);
    await eventually(async () => ((await podsOn(stack.node)).length === 6 ? true : undefined));
    expect(await drain(stack)).toEqual([]);
    expect(tooFewReady(stack).filter((line) => !line.startsWith("vapora-frontend"))).toEqual([]);
  });

  test("would not get empty if pods that are not ready counted as Kubernetes does by itself", async () => {
    const { namespace } = await onOneNode(onlyServices, ({ metadata }) => metadata.name !== "vapora-frontend");
    const [pod] = await getObjects<KubernetesObject>(cluster, ["pods", "-n", namespace, "-l", "app=vapora-frontend"]);
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: pod?.metadata.name ?? "", namespace },
      deleteOptions: { dryRun: ["All"] },
    };
    const evict = (): Promise<{ code: number; stderr: string }> =>
      tryKubectl(
        cluster,
        ["create", "--raw", `/api/v1/namespaces/${namespace}/pods/${eviction.metadata.name}/eviction`, "-f", "-"],
        { input: JSON.stringify(eviction) },
      );
    expect(await evict()).toMatchObject({ code: 0 });
    const patch = JSON.stringify({ spec: { unhealthyPodEvictionPolicy: "IfHealthyBudget" } });
    await kubectl(cluster, ["patch", "poddisruptionbudget", "vapora-frontend", "-n", namespace, "--patch", patch]);
    const { code, stderr } = await evict();
    expect([code, stderr]).toEqual([1, expect.stringContaining("disruption budget")]);
  });
});

function nodesOf(namespace: string): string[] {
  return [`${namespace}-a`, `${namespace}-b`];
}

function replicasOf({ spec: { replicas = 1 } }: Workload): number {
  return replicas;
}

/** Two services of the stack, which is enough where the others would show the same. */
function onlyServices(recorded: Recording): Recording {
  const apps = ["vapora-backend", "vapora-frontend"];
  return withoutObjects(
    recorded,
    ({ kind, metadata }) => kind !== "Namespace" && !apps.includes((metadata.labels as { app: string }).app),
  );
}

function readyPart(recorded: Recording, isReady: (workload: Workload) => boolean): Recording {
  const unready = workloads(recorded).filter((workload) => !isReady(workload));
  return unready.length === 0 ? recorded : withoutObjects(recorded, (object) => unready.includes(object as Workload));
}

/** Services that at any time had fewer ready pods than all but one. */
function tooFewReady({ recorded, watch }: Drained): string[] {
  return workloads(recorded).flatMap((workload) => {
    const [wanted, app] = [replicasOf(workload), workload.spec.template.metadata.labels.app ?? ""];
    const fewest = watch.fewestReady(app);
    return fewest >= wanted - 1 ? [] : [`${app} had ${String(fewest)} of ${String(wanted)} ready`];
  });
}
