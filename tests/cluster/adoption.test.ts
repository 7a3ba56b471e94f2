import { waitUntilReady } from "../../tools/cluster/readiness";
import type { Recording } from "../../tools/recording/recording";
import { allObjects, applied } from "../support/applied";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { recording } from "../support/recordings";
import { adoptingConfig, expectDataKept, expectRolledOnce, SeedPlatform } from "../support/seed-platform";

jest.setTimeout(CLUSTER_TIMEOUT);

// With an engine: tests/engine/adoption.test.ts.
describeOnCluster("a cluster that runs the manifests of before, taken over by server-side apply", (cluster) => {
  const seed = new SeedPlatform(cluster, uniqueNamespace("adopt"));
  let before: Record<string, string>;
  let recorded: Recording;

  beforeAll(async () => {
    await seed.deploy();
    before = await seed.identities();
    recorded = await recording("prod", { "vapora:namespace": { name: seed.namespace }, ...adoptingConfig() });
    await seed.prepare(recorded);
    const [own, ...objects] = allObjects(recorded).sort(
      (a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"),
    );
    await applied(cluster, own === undefined ? [] : [own]);
    await applied(cluster, objects);
    await waitUntilReady(cluster, recorded, 300_000, () => undefined);
  });

  afterAll(() => deleteNamespaces(cluster, seed.namespace));

  test("keeps every object there was: none is deleted, none is replaced", async () => {
    // 10 objects and 3 accounts of the manifests; namespace, Secret, ConfigMap and three claims beside them
    expect(Object.keys(before)).toHaveLength(19);
    expect(await seed.identities()).toEqual(before);
  });

  test("keeps the data on every claim", () => expectDataKept(seed));

  test("rolls the pods of each service once, and not again", async () => {
    const revisions = await expectRolledOnce(seed);
    await applied(cluster, allObjects(recorded));
    await waitUntilReady(cluster, recorded, 300_000, () => undefined);
    expect(await seed.revisions()).toEqual(revisions);
  });
});
