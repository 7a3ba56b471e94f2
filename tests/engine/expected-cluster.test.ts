import { clusterIdentity } from "../../tools/cluster/kubectl";
import { getObjects } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import type { Config } from "../support/engine";
import { errors, TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

const ANOTHER = "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90";

/** A kubeconfig of a port where nobody listens. */
const NOWHERE = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:1" } }],
  contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
  users: [{ name: "nobody", user: {} }],
  "current-context": "nowhere",
};

describeWithEngine("a stack that pins its cluster", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(() => {
    stack = new TestStack(cluster, pulumi, "dev", "pinned", {});
  });

  afterAll(() => stack.remove());

  it("plans nothing for another cluster, and says in one message whose UID it found and what to type", async () => {
    const found = await clusterIdentity(cluster);
    const preview = await stack.try(["preview", "--json"], pin(ANOTHER));
    expect(preview.code).not.toBe(0);
    expect(errors(preview)).toEqual([
      `error: This is not the cluster of this stack: its kube-system has the UID ${found}, and ` +
        `vapora:cluster.kubeSystemUid is ${ANOTHER}. Choose the right kubeconfig and context; if the cluster was made ` +
        `anew, type: pulumi config set --path cluster.kubeSystemUid ${found}`,
    ]);
    const { steps = [] } = JSON.parse(preview.stdout) as { steps?: readonly { readonly urn: string }[] };
    expect(steps.map(({ urn }) => urn).filter((urn) => urn.includes("::kubernetes:"))).toEqual([]);
  });

  it("makes nothing on another cluster", async () => {
    expect((await stack.try(["up", "--yes", "--skip-preview"], pin(ANOTHER))).code).not.toBe(0);
    const here = `--field-selector=metadata.name=${stack.namespace}`;
    expect(await getObjects(cluster, ["namespaces", here])).toEqual([]);
  });

  it("is not planned with no cluster at all", async () => {
    const nowhere = JSON.stringify(NOWHERE);
    const preview = await stack.try(
      ["preview"],
      stack.changed("cluster", { kubeSystemUid: ANOTHER, kubeconfig: nowhere }),
    );
    expect(preview.code).not.toBe(0);
    expect(preview.stdout).toMatch(/kube-system.*connection refused|unreachable/s);
  });

  it("is planned for the cluster it pins, and plans no change there once it is up", async () => {
    const pinned = pin(await clusterIdentity(cluster));
    await stack.up(pinned);
    await stack.run(["preview", "--expect-no-changes"], pinned);
  });

  function pin(kubeSystemUid: string): Config {
    return stack.changed("cluster", { kubeSystemUid });
  }
});
