import { getObjects } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { Checkout, failure, success } from "../support/commands";
import { eventually } from "../support/programs";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Versions of what a stack deploys, in a namespace. */
async function versions(cluster: Cluster, namespace: string): Promise<string[]> {
  interface Live {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
  }
  const kinds = "deployments,statefulsets,services,configmaps,secrets,persistentvolumeclaims";
  const objects = await getObjects<Live>(cluster, [kinds, "--namespace", namespace]);
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).sort();
}

// One after the other, as a person goes on with a try-out.
describeWithEngine("the try-out, when pulumi is interrupted", () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  test("at the first deployment leaves nothing and says so", async () => {
    const running = checkout.start("try");
    await running.untilSaid("[STARTED] Deploy stack dev with pulumi");
    const cluster = checkout.cluster();
    await running.until(async () => (await versions(cluster, "vapora-dev")).length > 5);
    running.signal("SIGINT", "all");
    expect(failure(await running.ended)).toBe("Interrupted.");
    expect(await checkout.remains()).toEqual([]);
  });

  test("deploys the next time, keeps its state inside the checkout, and changes nothing the second time", async () => {
    success(await checkout.run("try"));
    const before = await versions(checkout.cluster(), "vapora-dev");
    expect(before.length).toBeGreaterThan(25);
    success(await checkout.run("try"));
    expect(await versions(checkout.cluster(), "vapora-dev")).toEqual(before);
    expect(checkout.changedFiles()).toEqual([]);
  });

  // what exists and is not in pulumi's state would stop every later run
  test.each([10, 25])(
    "on a control plane that goes on, after %i objects, is taken up by the next one",
    async (count) => {
      const stack = `late${String(count)}`;
      const namespace = `vapora-${stack}`;
      const text = checkout.read("Pulumi.dev.yaml").replace("name: vapora-dev", `name: ${namespace}`);
      checkout.write(`Pulumi.${stack}.yaml`, text);
      const before = checkout.cluster();
      const running = checkout.start("try", ["--stack", stack]);
      await running.until(async () => (await versions(before, namespace)).length >= count);
      running.signal("SIGINT", "all");
      expect(failure(await running.ended)).toBe("Interrupted.");
      expect(checkout.cluster()).toEqual(before);
      success(await checkout.run("try", "--stack", stack));
      expect((await versions(before, namespace)).length).toBeGreaterThan(25);
    },
  );

  test("leaves nothing after npm run try:down", async () => {
    success(await checkout.run("try-down"));
    await eventually(async () => ((await checkout.processes()).length === 0 ? true : undefined));
    expect(await checkout.remains()).toEqual([]);
  });
});
