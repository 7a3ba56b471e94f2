import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeWithEngine, uniqueNamespace } from "../support/cluster";
import { isOpen } from "../../tools/cluster/loopback-ports";
import { Checkout, failure, success } from "../support/commands";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Kinds and names of what was deployed to a namespace. */
async function deployed(cluster: Cluster, namespace: string): Promise<string[]> {
  const kinds = "configmaps,deployments,statefulsets,persistentvolumeclaims";
  const objects = await getObjects<{ kind: string; metadata: { name: string } }>(cluster, [kinds, "-n", namespace]);
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).filter((name) => !name.endsWith(".crt"));
}

describeWithEngine("a cluster that is named", (cluster) => {
  const namespace = uniqueNamespace("named");
  let checkout: Checkout;
  let kubeconfig: string;

  beforeAll(async () => {
    checkout = new Checkout();
    checkout.replace("Pulumi.dev.yaml", "name: vapora-dev", `name: ${namespace}`);
    kubeconfig = checkout.path("restricted.yaml");
    await allow([
      { apiGroups: [""], resources: ["namespaces", "configmaps"], verbs: ["get", "list", "create", "patch"] },
      { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list"] },
    ]);
    const token = await kubectl(cluster, ["create", "token", namespace, "--namespace", "default"]);
    const config = parse(readFileSync(cluster.kubeconfig, "utf8")) as { users: { user: object }[] };
    const users = config.users.map((entry) => ({ ...entry, user: { token: token.trim() } }));
    writeFileSync(kubeconfig, stringify({ ...config, users }));
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace);
    const rbac = ["clusterrole", "clusterrolebinding"].map((kind) => `${kind}/${namespace}`);
    await kubectl(cluster, ["delete", ...rbac, "--ignore-not-found"]);
    await kubectl(cluster, ["delete", "serviceaccount", namespace, "--namespace", "default", "--ignore-not-found"]);
    await checkout.remove();
  });

  afterEach(async () => {
    expect(await checkout.remains()).toEqual([]);
  });

  /** Lets the checkout's account do this and nothing else. */
  async function allow(rules: readonly object[]): Promise<void> {
    const api = "rbac.authorization.k8s.io";
    const role = { apiGroup: api, kind: "ClusterRole", name: namespace };
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: namespace, namespace: "default" } },
      { apiVersion: `${api}/v1`, kind: "ClusterRole", metadata: { name: namespace }, rules },
      {
        apiVersion: `${api}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name: namespace },
        roleRef: role,
        subjects: [{ kind: "ServiceAccount", name: namespace, namespace: "default" }],
      },
    ];
    const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input });
  }

  test("has nothing that can be taken off it before something was deployed there", async () => {
    const message = failure(await checkout.run("try-down", "--kubeconfig", kubeconfig));
    expect(message).toBe("Nothing was deployed there as stack dev from this folder.");
  });

  test("that allows only a part ends the deployment with the API server's words", async () => {
    const ended = await checkout.run("try", "--kubeconfig", kubeconfig);
    const message = failure(ended);
    expect(message).toMatch(/^pulumi up failed:\n/);
    expect(message).toContain("forbidden");
    expect(message).toMatch(/cannot (patch|create) resource "\w+"/);
    expect(ended.output).toContain("npm run try:down with the same options takes it off the cluster");
    expect(ended.output).not.toContain("has been stopped");
    // what was allowed is there as far as pulumi came
    const namespaces = await getObjects<{ metadata: { name: string } }>(cluster, ["namespaces"]);
    expect(namespaces.map(({ metadata }) => metadata.name)).toContain(namespace);
    const found = await deployed(cluster, namespace);
    expect(found.filter((name) => !name.startsWith("ConfigMap"))).toEqual([]);
  });

  test("gets the whole stack once it allows it, and loses it with npm run try:down", async () => {
    await allow([{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
    const said = success(await checkout.run("try", "--kubeconfig", kubeconfig));
    expect(said).toContain(`npm run try:down -- --stack dev --kubeconfig ${kubeconfig}`);
    expect(said).not.toContain("simulated");
    expect(await deployed(cluster, namespace)).toContain("Deployment vapora-backend");
    success(await checkout.run("try-down", "--stack", "dev", "--kubeconfig", kubeconfig));
    const namespaces = await getObjects<{ metadata: { name: string } }>(cluster, ["namespaces"]);
    expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain(namespace);
    expect(failure(await checkout.run("try-down", "--kubeconfig", kubeconfig))).toContain("Nothing was deployed");
  });

  test("with objects that were made by others keeps them", async () => {
    await kubectl(cluster, ["create", "namespace", namespace]);
    await kubectl(cluster, ["create", "configmap", "nats-config", "--from-literal=a=b", "-n", namespace]);
    expect(failure(await checkout.run("try", "--kubeconfig", kubeconfig))).toContain("not made from here");
    expect(await deployed(cluster, namespace)).toEqual(["ConfigMap nats-config"]);
  });
});

describeWithEngine("our own control plane, when pulumi fails half way", (_cluster, pulumi) => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  test("is stopped again if this run started it, and that is said", async () => {
    failingPulumi(checkout, pulumi);
    const ended = await checkout.run("try");
    expect(failure(ended)).toBe("pulumi up failed:\nerror: the server has run out of disk");
    expect(ended.output).toContain("The control plane this run started has been stopped again.");
    expect(await checkout.remains()).toEqual([]);
  });

  test("goes on if it was there before, and that is said", async () => {
    unlinkSync(checkout.path("bin/pulumi"));
    success(await checkout.run("try"));
    const before = checkout.cluster();
    failingPulumi(checkout, pulumi);
    const ended = await checkout.run("try");
    expect(failure(ended)).toBe("pulumi up failed:\nerror: the server has run out of disk");
    expect(ended.output).toContain("The control plane that was there before this run goes on; npm run try:down stops");
    expect(checkout.cluster()).toEqual(before);
    expect(await isOpen(Number(new URL(before.server).port))).toBe(true);

    unlinkSync(checkout.path("bin/pulumi"));
    success(await checkout.run("try"));
  });

  test("is replaced by a new one if a process of it has ended", async () => {
    const before = checkout.cluster();
    process.kill(before.processes.kwok ?? 0, "SIGKILL");
    success(await checkout.run("try"));
    const after = checkout.cluster();
    expect(Object.values(after.processes).filter((pid) => Object.values(before.processes).includes(pid))).toEqual([]);
    success(await checkout.run("try-down"));
    expect(await checkout.remains()).toEqual([]);
  });
});

/** Puts a pulumi in front of the others that fails to deploy. */
function failingPulumi(checkout: Checkout, pulumi: string): void {
  const fail = "case \"$1\" in up) echo 'error: the server has run out of disk' >&2; exit 1;; esac";
  writeFileSync(checkout.path("bin/pulumi"), `#!/bin/sh\n${fail}\nexec ${pulumi} "$@"\n`, { mode: 0o755 });
}
