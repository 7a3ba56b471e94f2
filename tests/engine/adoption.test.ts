import { CLUSTER_TIMEOUT, deleteNamespaces, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import { adoptingConfig, expectDataKept, expectRolledOnce, SeedPlatform } from "../support/seed-platform";

jest.setTimeout(CLUSTER_TIMEOUT);

// Without an engine: tests/cluster/adoption.test.ts.
describeWithEngine(
  "a cluster that runs the manifests of before, taken over by the engine",
  (cluster, pulumi) => {
    const stack = new TestStack(cluster, pulumi, "prod", "adopted", adoptingConfig());
    const seed = new SeedPlatform(cluster, stack.namespace);
    let before: Record<string, string>;
    let done: string[];

    beforeAll(async () => {
      const keys = ["claudeApiKey", "openaiApiKey", "geminiApiKey"];
      stack.setSecrets(Object.fromEntries(keys.map((key) => [`vapora:${key}`, `made-up-${key}`])));
      await seed.deploy();
      before = await seed.identities();
      await seed.prepare(await stack.recording());
      done = await stack.takeOver();
      await stack.whenReady();
    });

    afterAll(async () => {
      await stack.remove();
      await deleteNamespaces(cluster, seed.namespace);
    });

    test("keeps every object there was: none is deleted, none is replaced", async () => {
      expect(done.length).toBeGreaterThan(70);
      expect(done.filter((line) => !line.startsWith("create "))).toEqual([]);
      expect(Object.keys(before)).toHaveLength(19);
      expect(await seed.identities()).toEqual(before);
    });

    test("keeps the data on every claim", () => expectDataKept(seed));

    test("is an ordinary stack from then on: the next up forgets how it began, and nothing is left to change", async () => {
      expect(await stack.up()).toEqual(["update kubernetes cluster"]);
      await expect(stack.run(["preview", "--expect-no-changes"])).resolves.toMatchObject({ code: 0 });
    });

    test("rolls the pods of each service once, and not again", async () => {
      await expectRolledOnce(seed);
    });
  },
  "takes over what exists when told to",
);
