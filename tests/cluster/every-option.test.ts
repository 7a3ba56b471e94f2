import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { installDefinitions } from "../../tools/cluster/definitions";
import { kubectl } from "../../tools/cluster/kubectl";
import { waitUntilReady } from "../../tools/cluster/readiness";
import { projectRoot } from "../../tools/recording/project";
import type { Recording } from "../../tools/recording/recording";
import { allObjects, applied, tryApply, withWorkloads } from "../support/applied";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

const { config } = parse(readFileSync(join(projectRoot(), "tests", "fixtures", "every-option.yaml"), "utf8")) as {
  readonly config: Readonly<Record<string, unknown>>;
};

// the definition of HTTPRoute comes from a Go module, as the control plane does
describeOnCluster("production with every option on", (cluster) => {
  const namespace = uniqueNamespace("every-option");
  let recorded: Recording;

  beforeAll(async () => {
    await installDefinitions(cluster, projectRoot(), ["HTTPRoute"]);
    await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);
    recorded = await recording("prod", { ...config, "vapora:namespace": { name: namespace } });
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace);
  });

  test("has the kinds of object that its own file leaves out", () => {
    const kinds = new Set(allObjects(recorded).map(({ kind }) => kind));
    const wanted = ["HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "Job", "LimitRange", "ResourceQuota"];
    expect([...kinds]).toEqual(expect.arrayContaining(wanted));
  });

  test("is accepted strictly and without a warning, and gets ready within its own quota", async () => {
    const objects = allObjects(recorded);
    const [own] = objects.filter(({ kind }) => kind === "Namespace");
    await applied(cluster, own === undefined ? [] : [own]);
    expect(await applied(cluster, objects)).toEqual([]);
    await waitUntilReady(cluster, recorded, 300_000, () => undefined);
  });

  test("leaves room in the quota for a new revision of everything at once", async () => {
    const next = withWorkloads(recorded, ({ kind, spec: { template } }) => {
      if (kind !== "Job") template.metadata.annotations = { ...template.metadata.annotations, revision: "2" };
    });
    await applied(cluster, allObjects(next));
    await waitUntilReady(cluster, next, 300_000, () => undefined);
  });

  test("an HTTPRoute with a field that does not exist is refused, so its acceptance says something", async () => {
    const route = allObjects(recorded).find(({ kind }) => kind === "HTTPRoute");
    const wrong = {
      ...route,
      metadata: { name: "wrong", namespace },
      spec: { ...(route?.spec as object), hosts: ["x"] },
    };
    const { code, stderr } = await tryApply(cluster, [{ apiVersion: "", kind: "", ...wrong }]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("hosts")]);
  });
});
