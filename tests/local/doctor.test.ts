/** What the doctor makes of clusters that are hard to have: of other versions, of clouds, with few rights. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { supported } from "../../local/doctor/cluster";
import { dns } from "../../local/doctor/dns";
import { answeringCluster, linesOf, patientOn } from "../support/patients";

const folder = mkdtempSync(join(tmpdir(), "vapora-doctor-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a version of Kubernetes", () => {
  test.each([
    ["v1.29.15", "error", /older than 1\.30, which the objects need/],
    ["v1.30.0", "ok", /Kubernetes itself supports 1\.35 to 1\.37 only/],
    ["v1.33.4-gke.1", "ok", /needed: 1\.30 or later/],
    ["v1.34.9+k3s1", "ok", /Kubernetes itself supports 1\.35 to 1\.37 only/],
    ["v1.35.0", "ok", /\(needed: 1\.30 or later\)\.$/],
    ["v1.37.2", "ok", /\(needed: 1\.30 or later\)\.$/],
    ["v1.38.0", "warning", /newer than what was tried/],
    ["v2.0.0", "error", /older than/],
  ])("%s is %s", (version, status, detail) => {
    expect(supported(version)).toMatchObject({ status, detail: expect.stringMatching(detail) as string });
  });
});

describe("DNS", () => {
  const server = (namespace: string, label: object, ports: readonly object[]): object => ({
    metadata: { name: "dns", namespace, labels: label },
    spec: { containers: [{ ports }] },
  });
  const coreDns = server("kube-system", { "k8s-app": "kube-dns" }, [
    { containerPort: 53, protocol: "UDP", name: "dns" },
    { containerPort: 9153, protocol: "TCP", name: "metrics" },
  ]);
  const cache = (args: readonly string[], labels = { "k8s-app": "node-local-dns" }): object => ({
    metadata: { name: "node-local-dns-x2kqf", namespace: "kube-system", labels },
    spec: { containers: [{ args }] },
  });
  const setting = (path: string, value: string): string =>
    `Type: pulumi config set --path '${path}' ${value} --stack dev`;

  /** What is found with these pods, and with `network.dns` as a stack says it. */
  async function found(pods: readonly object[], said: object = {}, nodes: readonly object[] = []): Promise<string[]> {
    const inside = (namespace: string): object => ({
      items: pods.filter((pod) => (pod as { metadata: { namespace: string } }).metadata.namespace === namespace),
    });
    const cluster = answeringCluster(folder, {
      "pods -n kube-system": inside("kube-system"),
      "pods -n openshift-dns": inside("openshift-dns"),
      nodes: { items: nodes },
    });
    const config = { "vapora:network": { dns: said } };
    return linesOf(await dns(patientOn(cluster, { file: { project: "vapora", stack: "dev", config } })));
  }

  const NOT_LET = "and network.dns does not let them out to it.";

  test.each([
    ["as two words", ["-localip", "169.254.25.10,fd00::10", "-conf", "/etc/Corefile"], ["169.254.25.10"]],
    ["as one word", ["--localip=169.254.20.10,10.96.0.10"], ["169.254.20.10", "10.96.0.10"]],
    ["not at all", ["-conf", "/etc/Corefile"], ["169.254.20.10"]],
  ])("on the nodes is found by its arguments, which say the address %s", async (_how, args, addresses) => {
    const errors = addresses.map((address, index) =>
      [
        `error: Pods look names up at ${address}, where NodeLocal DNSCache listens on their node, ${NOT_LET}`,
        setting(`network.dns.ranges[${String(index)}]`, `${address}/32`),
      ].join("\n"),
    );
    // a pod on each node
    expect(await found([coreDns, cache(args), cache(args)])).toEqual(errors);
    expect(await found([coreDns, cache(args)], { ranges: addresses.map((address) => `${address}/32`) })).toEqual([
      expect.stringMatching("^ok: "),
    ]);
  });

  test("on the nodes is let out to by a range that holds its address, and added to those there are", async () => {
    const args = ["-localip", "169.254.20.10,10.96.0.10"];
    expect(await found([coreDns, cache(args)], { ranges: ["169.254.20.0/24"] })).toEqual([
      expect.stringContaining(setting("network.dns.ranges[1]", "10.96.0.10/32")),
    ]);
  });

  test("that Cilium redirects to a cache of the pod network needs no range", async () => {
    const args = ["-localip", "169.254.20.10,10.96.0.10", "-setupinterface=false"];
    expect(await found([coreDns, cache(args)])).toEqual(["ok: Lookups are let out to the DNS of kube-system."]);
  });

  test("of AKS on the nodes is found by their label", async () => {
    const node = { metadata: { labels: { "kubernetes.azure.com/localdns-state": "enabled" } } };
    expect(await found([coreDns], {}, [node])).toEqual([
      `error: Pods look names up at 169.254.10.11, where AKS LocalDNS listens on their node, ${NOT_LET}\n` +
        setting("network.dns.ranges[0]", "169.254.10.11/32"),
    ]);
  });

  test("of OpenShift has a namespace and a port of its own", async () => {
    const label = { "dns.operator.openshift.io/daemonset-dns": "default" };
    const pod = server("openshift-dns", label, [{ containerPort: 5353, protocol: "UDP", name: "dns" }]);
    expect(await found([pod])).toEqual([
      "error: The cluster's DNS listens in openshift-dns on port 5353; network.dns lets lookups out to kube-system on port 53.\n" +
        `${setting("network.dns.namespace", "openshift-dns")}\n${setting("network.dns.port", "5353")}`,
    ]);
    expect(await found([pod], { namespace: "openshift-dns" })).toEqual([
      expect.stringMatching(/^error: .*\nType: [^\n]*network\.dns\.port' 5353 --stack dev$/),
    ]);
    expect(await found([pod], { namespace: "openshift-dns", port: 5353 })).toEqual([expect.stringMatching("^ok: ")]);
  });

  test("on another port than 53 is found by its pods, and GKE's two containers answer on 53", async () => {
    const port = (containerPort: number, name: string): object => ({ containerPort, protocol: "UDP", name });
    const label = { "k8s-app": "kube-dns" };
    expect(await found([server("kube-system", label, [port(8053, "dns-udp")])])).toEqual([
      expect.stringContaining(setting("network.dns.port", "8053")),
    ]);
    const gke = [port(10053, "dns-local"), port(53, "dns")];
    expect(await found([server("kube-system", label, gke)])).toEqual([expect.stringMatching("^ok: ")]);
  });

  test("that is nowhere to be seen is a warning, unless the stack says where it is", async () => {
    expect(await found([])).toEqual([
      expect.stringMatching(/^warning: No server of the cluster's DNS was seen in kube-system/),
    ]);
    expect(await found([], { ranges: ["169.254.169.254/32"] })).toEqual([expect.stringMatching("^ok: ")]);
  });

  test("that may not be looked at is a warning", async () => {
    const cluster = answeringCluster(folder, { pods: "Error from server (Forbidden): pods is forbidden" });
    expect(linesOf(await dns(patientOn(cluster)))).toEqual([
      "warning: The deployer may not list the pods of kube-system, openshift-dns; where names are looked up was not seen.",
    ]);
  });
});
