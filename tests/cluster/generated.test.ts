import fc from "fast-check";
import { installDefinitions } from "../../tools/cluster/definitions";
import { projectRoot } from "../../tools/recording/project";
import { recordMany } from "../../tools/recording/record";
import type { KubernetesObject } from "../../tools/recording/recording";
import { allObjects, applied, restrictedNamespace, tryApply } from "../support/applied";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import type { Stack } from "../support/stack-generator";
import { stack } from "../support/stack-generator";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(4 * CLUSTER_TIMEOUT);

const STACKS = 200;
/** Fewer requests than kubectl makes before it slows down by itself. */
const BATCH = 250;

const KINDS = [
  ...["ConfigMap", "Deployment", "ExternalSecret", "HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "Job"],
  ...["LimitRange", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "ResourceQuota"],
  ...["Secret", "Service", "ServiceAccount", "StatefulSet"],
];

describeOnCluster("stacks made up at random, all that config accepts", (cluster) => {
  const namespace = uniqueNamespace("generated");
  /** Each different object once: most of what stacks consist of is the same in all of them. */
  let objects: KubernetesObject[];

  beforeAll(async () => {
    const stacks = fc.sample(stack, { numRuns: STACKS, seed: 1 });
    const recordings = await recordMany(
      "dev",
      stacks.map((one) => configOf(one, namespace)),
    );
    const texts = new Set(recordings.flatMap(allObjects).map((object) => JSON.stringify(object)));
    objects = [...texts].map((text) => JSON.parse(text) as KubernetesObject);
    await restrictedNamespace(cluster, namespace);
    await installDefinitions(cluster, projectRoot(), ["ExternalSecret", "HTTPRoute"]);
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace);
  });

  test("are accepted by the API server, strictly and without a warning", async () => {
    const warnings: string[] = [];
    for (let done = 0; done < objects.length; done += BATCH) {
      warnings.push(...(await applied(cluster, objects.slice(done, done + BATCH), "--dry-run=server")));
    }
    expect(warnings).toEqual([]);
  });

  test("are different, and of every kind the program makes", () => {
    expect(objects.length).toBeGreaterThan(10 * STACKS);
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual(KINDS);
  });

  test("would not be accepted with a field that does not exist", async () => {
    const wrong = objects.find(({ kind }) => kind === "ExternalSecret");
    if (wrong === undefined) throw new Error("there is no ExternalSecret");
    const { code, stderr } = await tryApply(cluster, [{ ...wrong, data: 1 }], "--dry-run=server");
    expect([code, stderr]).toEqual([1, expect.stringContaining("data")]);
  });
});

/** The config of a stack, in place of the file's, with all its objects in one namespace. */
function configOf({ config, secrets }: Stack, namespace: string): Record<string, unknown> {
  const nothing = Object.keys(fixtureStack("dev").config).map((key): [string, unknown] => [key, undefined]);
  const sections = Object.entries({ ...config, namespace: { ...(config.namespace as object), name: namespace } });
  const own = sections.map(([key, value]): [string, unknown] => [
    `vapora:${key}`,
    secrets.includes(key) ? { secure: value } : value,
  ]);
  return Object.fromEntries([...nothing, ...own]);
}
