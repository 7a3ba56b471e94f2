/** What becomes of the pods that run when an autoscaler takes over, on a real API server. */
import { kubectl } from "../../tools/cluster/kubectl";
import type { KubernetesObject } from "../../tools/recording/recording";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { objectNamed, objectsOf } from "../support/recordings";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

const PODS = 3;

describeOnCluster("a service of three pods", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);

  /** The frontend of dev, with a number of pods or an autoscaler. */
  async function frontend(namespace: string, change: object): Promise<KubernetesObject> {
    const section = fixtureStack("dev").config["vapora:frontend"] as object;
    const config = {
      "vapora:namespace": { name: namespace },
      "vapora:frontend": { ...section, replicas: undefined, ...change },
    };
    return objectNamed(await objectsOf("dev", config), "Deployment", "vapora-frontend");
  }

  /** Applies as the provider does, and gives the number of pods that the Deployment then asks for. */
  async function applied(namespace: string, object: KubernetesObject): Promise<number> {
    const flags = ["--server-side", "--field-manager=pulumi-kubernetes", "--force-conflicts"];
    await kubectl(cluster, ["apply", ...flags, "-f", "-"], { input: JSON.stringify(object) });
    const args = ["get", "deployment", object.metadata.name, "-n", namespace, "-o", "jsonpath={.spec.replicas}"];
    return Number(await kubectl(cluster, args));
  }

  async function live(name: string): Promise<{ readonly namespace: string; readonly scaled: KubernetesObject }> {
    const namespace = namespaces.next(name);
    await kubectl(cluster, ["create", "namespace", namespace]);
    expect(await applied(namespace, await frontend(namespace, { replicas: PODS }))).toBe(PODS);
    const autoscaling = { minReplicas: 2, maxReplicas: 6, cpuUtilization: 75 };
    return { namespace, scaled: await frontend(namespace, { autoscaling }) };
  }

  test("keeps them, since the engine sends the number that was there before", async () => {
    const { namespace, scaled } = await live("handover");
    const kept = { ...scaled, spec: { ...(scaled.spec as object), replicas: PODS } };
    expect(await applied(namespace, kept)).toBe(PODS);
  });

  test("would go to one where the number is left out", async () => {
    const { namespace, scaled } = await live("dropped");
    const dropped = { ...scaled, spec: { ...(scaled.spec as object), replicas: undefined } };
    expect(await applied(namespace, dropped)).toBe(1);
  });
});
