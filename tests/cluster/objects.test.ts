import { kubectl, getObjects } from "../../tools/cluster/kubectl";
import { waitUntilReady } from "../../tools/cluster/readiness";
import { record } from "../../tools/recording/record";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { kubernetesObjects } from "../../tools/recording/recording";
import { renderManifests } from "../../tools/recording/manifests";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { STACKS } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Live extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly resourceVersion: string };
}

describeOnCluster("on the control plane", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);

  /** A stack recorded for a namespace of its own. */
  async function recorded(stack: string, storageClass?: string): Promise<{ recording: Recording; namespace: string }> {
    const namespace = namespaces.next(stack);
    const plain = await record(stack, { config: { "vapora:namespace": { name: namespace } } });
    return { recording: storageClass === undefined ? plain : withStorageClass(plain, storageClass), namespace };
  }

  async function apply(recording: Recording): Promise<void> {
    const objects = kubernetesObjects(recording).map(({ object }) => JSON.stringify(object));
    await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", "-"], {
      input: objects.join("\n---\n"),
    });
  }

  beforeAll(async () => {
    await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);
  });

  test.each(STACKS)("every rendered file of stack %s is accepted, strictly", async (stack) => {
    const { recording, namespace } = await recorded(stack);
    await kubectl(cluster, ["create", "namespace", namespace]);
    const files = [...renderManifests(recording)].filter(([name]) => !name.startsWith("namespace-"));
    const accepted = await kubectl(
      cluster,
      ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"],
      { input: files.map(([, text]) => text).join("---\n") },
    );
    expect(accepted.trim().split("\n")).toHaveLength(files.length);
    expect(files.length).toBeGreaterThan(30);
  });

  test("a field that does not exist is refused, so acceptance says something", async () => {
    const { recording, namespace } = await recorded("dev");
    await kubectl(cluster, ["create", "namespace", namespace]);
    const text = renderManifests(recording).get("deployment-vapora-backend.yaml") ?? "";
    const wrong = text.replace("replicas: 1", "replica: 1");
    expect(wrong).not.toBe(text);
    const refused = kubectl(cluster, ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"], {
      input: wrong,
    });
    await expect(refused).rejects.toThrow("replica");
  });

  // with the default class, and beside each other, stacks are deployed by tests/engine/{lifecycle,prod}
  test.each(STACKS)("all pods of stack %s are Ready with claims of a class that waits for them", async (stack) => {
    const storageClass = "standard-wait";
    const { recording, namespace } = await recorded(stack, storageClass);
    await apply(recording);
    await waitUntilReady(cluster, recording, 300_000, () => undefined);
    const claims = await getObjects<Live>(cluster, ["persistentvolumeclaims", "--namespace", namespace]);
    expect(claims).toHaveLength(6);
    expect(new Set(claims.map(({ spec }) => (spec as { storageClassName: string }).storageClassName))).toEqual(
      new Set([storageClass]),
    );
    const pods = await getObjects<Live>(cluster, ["pods", "--namespace", namespace]);
    // one of them is the Job's
    expect(pods).toHaveLength(stack === "prod" ? 16 : 9);
    // each per-pod Service leads to exactly that pod
    for (const name of ["nats-0", "redis-0", "surrealdb-0"]) expect(await endpoints(namespace, name)).toEqual([name]);
  });

  /** Pods that a Service leads to. */
  async function endpoints(namespace: string, service: string): Promise<(string | undefined)[]> {
    interface Slice {
      readonly endpoints?: readonly { readonly targetRef?: { readonly name: string } }[];
    }
    const of = ["--namespace", namespace, "--selector", `kubernetes.io/service-name=${service}`];
    const slices = await getObjects<Slice>(cluster, ["endpointslices", ...of]);
    return slices.flatMap((slice) => (slice.endpoints ?? []).map(({ targetRef }) => targetRef?.name));
  }
});

/** The recording with every claim of another class, as a stack's config would have it. */
function withStorageClass(recording: Recording, storageClassName: string): Recording {
  const resources = recording.resources.map((resource) =>
    resource.type === "kubernetes:core/v1:PersistentVolumeClaim"
      ? { ...resource, inputs: { ...resource.inputs, spec: { ...(resource.inputs.spec as object), storageClassName } } }
      : resource,
  );
  return { ...recording, resources };
}
