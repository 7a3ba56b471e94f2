import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { waitUntilReady } from "../../tools/cluster/readiness";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { allObjects, applied } from "../support/applied";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { objectNamed, recording } from "../support/recordings";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

type Section = Readonly<Record<string, unknown>>;

describeOnCluster("a volume for every pod", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);

  beforeAll(async () => {
    await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);
  });

  /** The production stack with other sections, deployed and ready in a namespace of its own. */
  async function deployed(sections: Section): Promise<{ readonly recorded: Recording; readonly namespace: string }> {
    const namespace = namespaces.next("per-replica");
    const recorded = await recording("prod", { "vapora:namespace": { name: namespace }, ...sections });
    await applied(cluster, allObjects(recorded));
    await waitUntilReady(cluster, recorded, 300_000, () => undefined);
    return { recorded, namespace };
  }

  async function claims(namespace: string, app: string): Promise<string[]> {
    const found = await getObjects<Claim>(cluster, ["persistentvolumeclaims", "--namespace", namespace]);
    const own = found.filter(({ metadata }) => new RegExp(`(^|-)${app}-\\d$`).test(metadata.name));
    return own.map(({ metadata, spec, status }) =>
      [metadata.name, spec.storageClassName, spec.accessModes.join(), status.phase].join(" "),
    );
  }

  test.each(["standard", "standard-wait"])(
    "three agents have three bound claims of class %s, and a third NATS server its own",
    async (storageClass) => {
      const { recorded, namespace } = await deployed({
        "vapora:agents": {
          ...section("agents"),
          replicas: 3,
          storage: { mode: "perReplica", size: "5Gi", storageClass },
        },
        "vapora:nats": { ...section("nats"), servers: 3, storage: { size: "5Gi", storageClass } },
      });
      const places = [0, 1, 2];
      expect(await claims(namespace, "vapora-agents")).toEqual(
        places.map((n): unknown =>
          expect.stringMatching(`vapora-agents-${String(n)} ${storageClass} ReadWriteOnce Bound$`),
        ),
      );
      const natsClaims = await claims(namespace, "nats");
      expect(natsClaims.filter((claim) => claim.endsWith("ReadWriteOnce Bound"))).toHaveLength(3);

      const pods = await getObjects<Pod>(cluster, ["pods", "-n", namespace, "-l", "app in (vapora-agents, nats)"]);
      expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(
        ["nats", "vapora-agents"].flatMap((app) => places.map((n) => `${app}-${String(n)}`)),
      );
      expect(new Set(pods.map(({ spec }) => spec.volumes.flatMap(claimOf).join())).size).toBe(6);

      // a Deployment is left as little as its one claim for all
      const objects = allObjects(recorded);
      expect(
        objects.filter(({ kind, metadata }) => kind === "Deployment" && metadata.name === "vapora-agents"),
      ).toEqual([]);
      expect(budgetOf(objects, "vapora-agents")).toEqual({
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      });
      expect(budgetOf(objects, "nats")).toEqual({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
    },
  );

  test("the way the pods are found, and their host name, are those of the shared volume", async () => {
    const shared = await recording("prod");
    const own = await recording("prod", {
      "vapora:agents": { ...section("agents"), storage: { mode: "perReplica", size: "50Gi" } },
    });
    const service = (recorded: Recording): KubernetesObject =>
      objectNamed(allObjects(recorded), "Service", "vapora-agents");
    expect(service(own)).toEqual(service(shared));
    // what others are told differs by the kind of the workload alone
    const agents = shared.outputs.agents as { readonly deployment: Section };
    expect(own.outputs).toEqual({
      ...shared.outputs,
      agents: { ...agents, deployment: { ...agents.deployment, kind: "StatefulSet" } },
    });
  });
});

interface Claim extends KubernetesObject {
  readonly spec: { readonly storageClassName: string; readonly accessModes: readonly string[] };
  readonly status: { readonly phase: string };
}

interface Volume {
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

interface Pod extends KubernetesObject {
  readonly spec: { readonly volumes: readonly Volume[] };
}

function claimOf({ persistentVolumeClaim }: Volume): string[] {
  return persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName];
}

/** A section of the production stack's config. */
function section(key: string): Section {
  return fixtureStack("prod").config[`vapora:${key}`] as Section;
}

/** What a budget says beside its selector. */
function budgetOf(objects: readonly KubernetesObject[], app: string): Section {
  const spec = objectNamed(objects, "PodDisruptionBudget", app).spec as Section;
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== "selector"));
}
