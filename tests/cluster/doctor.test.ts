import { rmSync } from "node:fs";
import { join } from "node:path";
import { diagnose } from "../../tools/commands/doctor";
import { reach } from "../../tools/commands/doctor/cluster";
import type { Finding } from "../../tools/commands/doctor/finding";
import { kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { cacheFolder } from "../../tools/recording/compile";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { BlackHole, writeKubeconfig } from "../support/kubeconfig";

jest.setTimeout(CLUSTER_TIMEOUT);

describeOnCluster("the doctor", (cluster) => {
  const { signal } = new AbortController();
  const root = projectRoot();
  const namespace = uniqueNamespace("doctor");
  const written: string[] = [];

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace);
    for (const path of written) rmSync(path, { force: true });
  });

  /** What it finds for stack dev in the namespace, with these changes of config. */
  async function findings(config: object, kubeconfig = cluster.kubeconfig): Promise<Finding[]> {
    return diagnose({
      ...{ root, signal, stack: "dev" },
      config: {
        "vapora:namespace": { name: namespace },
        "vapora:cluster": { identifier: "doctor", kubeconfig },
        ...config,
      },
    });
  }

  /** The cluster's kubeconfig with changes, beside it. */
  function kubeconfigWith(name: string, server: object, user: object = {}): string {
    const path = join(cacheFolder(root), `kubeconfig-${namespace}-${name}`);
    writeKubeconfig(path, cluster, server, user);
    written.push(path);
    return path;
  }

  const errorsOf = (all: readonly Finding[]): string[] =>
    all.filter(({ status }) => status === "error").map(({ check, detail }) => `${check}: ${detail}`);

  it("finds nothing wrong with stack dev under the deployer's rights, and looks at everything", async () => {
    const all = await findings({}, asDeployer(cluster).kubeconfig);
    expect(errorsOf(all)).toEqual([]);
    expect([...new Set(all.map(({ check }) => check))]).toEqual([
      ...["config", "secrets", "cluster", "expected cluster", "version", "rights", "kinds", "storage", "nodes"],
      ...["quota", "references", "dns", "names", "pods", "jobs", "state"],
    ]);
  });

  it("names all that would fail at once, each with what to do, and no value of a Secret", async () => {
    const made = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      {
        ...{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "small", namespace } },
        spec: { hard: { pods: "3", "requests.storage": "1Ti" } },
      },
      {
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "models", namespace } },
        stringData: { other: "never-to-be-shown" },
      },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "vapora-backend-config", namespace } },
    ];
    const input = made.map((object) => JSON.stringify(object)).join("\n---\n");
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input });
    const all = await findings({
      "vapora:cluster": {
        ...{ identifier: "doctor", kubeconfig: cluster.kubeconfig },
        kubeSystemUid: "00000000-0000-4000-8000-000000000000",
      },
      "vapora:images": { pullSecrets: ["registry-login"] },
      "vapora:providers": {
        claude: { enabled: true, required: true, apiKey: { existingSecret: { name: "models", key: "claude" } } },
        gemini: { enabled: true, required: true },
      },
      "vapora:agents": {
        ...{ replicas: 1, image: "vapora/agents:0.2.0", nodeSelector: { "vapora.dev/pool": "none" } },
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "256Mi" } },
        storage: { size: "1Gi", mode: "shared", storageClass: "no-such-class" },
      },
      "vapora:mcpGateway": {
        ...{ replicas: 1, image: "vapora/mcp-gateway:0.2.0" },
        resources: { requests: { cpu: "65", memory: "128Mi" }, limits: { cpu: "66", memory: "256Mi" } },
        storage: { size: "1Gi", mode: "shared" },
      },
    });
    const found = errorsOf(all).join("\n");
    for (const line of [
      /^secrets: vapora:geminiApiKey is missing/m,
      /^expected cluster: This is not the cluster of stack dev/m,
      /^storage: There is no storage class no-such-class/m,
      /^nodes: No node with vapora\.dev\/pool=none takes pods of Deployment vapora-agents/m,
      /^nodes: No room for 1 pod of Deployment vapora-mcp-gateway/m,
      /^quota: Quota small allows 3 of pods/m,
      /^references: There is no Secret registry-login/m,
      /^references: Secret models has no key claude/m,
      /^names: ConfigMap vapora-backend-config exists and is not this stack's/m,
      /^names: Namespace test-doctor\S+ exists and is not this stack's/m,
    ]) {
      expect(found).toMatch(line);
    }
    expect(errorsOf(all)).toHaveLength(10);
    expect(
      all.filter(({ status, fix, check }) => status === "error" && fix === undefined && check !== "expected cluster"),
    ).toEqual([]);
    expect(JSON.stringify(all)).not.toContain("never-to-be-shown");
  });

  it("names every right that a deployer lacks", async () => {
    const all = await findings({}, kubeconfigWith("nobody", {}, { as: "nobody" }));
    const [rights] = all.filter(({ check }) => check === "rights");
    expect(rights).toMatchObject({
      status: "error",
      detail: expect.stringContaining("create, patch, delete deployments.apps in the cluster") as string,
    });
    expect(errorsOf(all)).toHaveLength(1);
    expect(all).toContainEqual({
      ...{ check: "pods", status: "warning" },
      detail: "This was not looked at: the deployer may not list pods.",
    });
  });

  it("says what is wrong with the config and still looks at the cluster", async () => {
    const all = await findings({ "vapora:dataProtection": "perhaps" });
    expect(errorsOf(all)).toEqual([expect.stringContaining("config: ")]);
    expect(all.find(({ check }) => check === "version")).toMatchObject({ status: "ok" });
  });

  describe("names what keeps a cluster from being reached", () => {
    let hole: BlackHole;

    beforeAll(async () => {
      hole = await BlackHole.start();
    });
    afterAll(() => hole.stop());

    const cases: readonly (readonly [name: string, kubeconfig: () => string, detail: RegExp])[] = [
      [
        "an address where nothing listens",
        () => kubeconfigWith("refused", { server: "https://127.0.0.1:1" }),
        /nothing answers at its address/,
      ],
      [
        "a name that does not resolve",
        () => kubeconfigWith("name", { server: "https://cluster.invalid" }),
        /does not resolve/,
      ],
      [
        "another authority's certificate",
        () =>
          kubeconfigWith("authority", { "certificate-authority": undefined, "certificate-authority-data": undefined }),
        /not signed by the kubeconfig's authority/,
      ],
      [
        "a token that is not valid any more",
        () => kubeconfigWith("token", {}, { token: "expired" }),
        /does not accept the credentials/,
      ],
      [
        "a server that takes the connection and never answers",
        () => kubeconfigWith("hole", { server: hole.url }),
        /does not answer in time/,
      ],
    ];

    it.each(cases)("%s", async (_name, kubeconfig, detail) => {
      const start = performance.now();
      const answer = await reach({ ...cluster, kubeconfig: kubeconfig() }, signal);
      expect(answer).toMatchObject({ status: "error", detail: expect.stringMatching(detail) as string });
      // what is promised is 15 s with everything around it
      expect(performance.now() - start).toBeLessThan(12_000);
    });

    it("a context that the kubeconfig does not have", async () => {
      const answer = await reach({ ...cluster, context: "no-such-context" }, signal);
      expect(answer).toMatchObject({ status: "error", detail: expect.stringMatching(/no such context/) as string });
    });
  });
});
