/** What the doctor says of what a cluster lacks that others bring to it: its DNS, ingress classes, gateways, controllers. */
import { startControlPlane, stopControlPlane } from "../../tools/cluster/control-plane";
import type { ControlPlane } from "../../tools/cluster/control-plane";
import { installDefinitions } from "../../tools/cluster/definitions";
import { diagnose } from "../../tools/commands/doctor";
import { dns } from "../../tools/commands/doctor/dns";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { sleep } from "../../tools/shared/processes";
import { asDeployer, grantDeployer } from "../../tools/cluster/role";
import { testClusterFolder } from "../../tools/commands/test/with-cluster";
import { builtTools } from "../../tools/cluster/go-tools";
import { projectRoot } from "../../tools/recording/project";
import type { KubernetesObject } from "../../tools/recording/recording";
import { CLUSTER_TIMEOUT, describeOnCluster } from "../support/cluster";
import { linesOf, patientOn, typed } from "../support/patients";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

const NAMESPACE = "doctor-ways";
const HOST = "vapora.example.com";

// a control plane of its own: what others bring to a cluster would be there for every test
describeOnCluster("the doctor, of what others bring to a cluster,", () => {
  const root = projectRoot();
  const folder = testClusterFolder(root);
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane(folder, builtTools(root));
    await grantDeployer(root, cluster);
  });
  afterAll(() => stopControlPlane(folder));

  async function create(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", "-"], { input });
  }

  const namespaceOf = (name: string): object[] => [
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    // else it may not be there yet when a pod asks for it
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } },
  ];

  const pod = (name: string, namespace: string, labels: object = {}, ports: readonly object[] = []): object => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels } },
    spec: { containers: [{ name: "main", image: "example.com/main:1", ports }] },
  });

  describe("looks where names are looked up and", () => {
    const DNS_PORTS = [{ name: "dns", containerPort: 53, protocol: "UDP" }];

    async function found(config: Readonly<Record<string, unknown>>): Promise<string[]> {
      const file = { project: "vapora", stack: "dev", config };
      return linesOf(await dns(patientOn(asDeployer(cluster), { file })));
    }

    it("finds NodeLocal DNSCache by the arguments of its pods; the lines it prints let lookups out", async () => {
      await create(pod("coredns", "kube-system", { "k8s-app": "kube-dns" }, DNS_PORTS));
      expect(await found({})).toEqual(["ok: Lookups are let out to the DNS of kube-system."]);

      const labels = { "k8s-app": "node-local-dns" };
      const args = [
        "-localip",
        "169.254.20.10,10.96.0.10",
        "-conf",
        "/etc/Corefile",
        "-upstreamsvc",
        "kube-dns-upstream",
      ];
      const spec = { hostNetwork: true, containers: [{ name: "node-cache", image: "example.com/cache:1", args }] };
      await create({
        ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "node-local-dns", namespace: "kube-system" } },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      });
      await untilPods("kube-system", "k8s-app=node-local-dns");
      const said = await found({});
      expect(said).toEqual([
        expect.stringMatching(
          /^error: Pods look names up at 169\.254\.20\.10, where NodeLocal DNSCache listens [^]*'network\.dns\.ranges\[0\]' 169\.254\.20\.10\/32 --stack dev$/,
        ),
        expect.stringMatching(
          /^error: .* 10\.96\.0\.10, [^]*'network\.dns\.ranges\[1\]' 10\.96\.0\.10\/32 --stack dev$/,
        ),
      ]);
      expect(await found(typed({}, said.join("\n")))).toEqual([
        "ok: Lookups are let out to the DNS of kube-system and 169.254.20.10/32 and 10.96.0.10/32.",
      ]);
      await kubectl(cluster, ["delete", "daemonset", "node-local-dns", "-n", "kube-system", "--cascade=foreground"]);
    });

    it("finds OpenShift's DNS; the lines it prints let lookups out to it", async () => {
      await kubectl(cluster, ["delete", "pod", "coredns", "-n", "kube-system", "--ignore-not-found"]);
      const labels = { "dns.operator.openshift.io/daemonset-dns": "default" };
      const ports = [{ name: "dns", containerPort: 5353, protocol: "UDP" }];
      await create(...namespaceOf("openshift-dns"), pod("dns-default-1", "openshift-dns", labels, ports));
      const said = await found({});
      expect(said).toEqual([expect.stringMatching(/^error: The cluster's DNS listens in openshift-dns on port 5353;/)]);
      expect(await found(typed({}, said.join("\n")))).toEqual(["ok: Lookups are let out to the DNS of openshift-dns."]);
    });
  });

  describe("looks at the ways in and", () => {
    const INGRESS = { host: HOST, controllerNamespace: "ingress-nginx", tlsSecret: "vapora-tls" };
    const GATEWAY = {
      host: "api.example.com",
      controllerNamespace: "gateways",
      name: "public",
      namespace: "gateways",
      listener: "https",
    };
    const section = (key: string): object => fixtureStack("dev").config[key] as object;
    const exposed = {
      "vapora:frontend": { ...section("vapora:frontend"), exposure: { ingress: INGRESS } },
      "vapora:backend": { ...section("vapora:backend"), exposure: { gateway: GATEWAY } },
    };

    /** What is said about references, as the cluster's administrator sees them. */
    async function found(
      config: Readonly<Record<string, unknown>>,
      kubeconfig = cluster.kubeconfig,
    ): Promise<string[]> {
      const all = await diagnose({
        ...{ root, stack: "dev", signal: new AbortController().signal },
        config: {
          "vapora:namespace": { name: NAMESPACE, create: false },
          "vapora:cluster": { identifier: "doctor", kubeconfig },
          ...config,
        },
      });
      const { detail = "" } = all.find(({ check }) => check === "config") ?? {};
      if (detail !== "Every value is right.") throw new Error(detail);
      return linesOf(all.filter(({ check }) => check === "references"));
    }

    it("names everything that they need and that is not there, each with what to do", async () => {
      await create(...namespaceOf(NAMESPACE));
      const lines = await found(exposed);
      expect(lines.sort()).toEqual([
        "error: No pod is in namespace gateways, from which requests to backend are let in.\n" +
          "Install the controller there, or name its namespace. " +
          "Type: pulumi config set --path 'backend.exposure.gateway.controllerNamespace' <namespace> --stack dev",
        "error: No pod is in namespace ingress-nginx, from which requests to frontend are let in.\n" +
          "Install the controller there, or name its namespace. " +
          "Type: pulumi config set --path 'frontend.exposure.ingress.controllerNamespace' <namespace> --stack dev",
        "error: The cluster does not serve Gateway of gateway.networking.k8s.io/v1, of which backend.exposure.gateway needs public.\n" +
          "Make it before the deployment, or name another. " +
          "Type: pulumi config set --path 'backend.exposure.gateway.name' <name> --stack dev",
        `error: There is no Secret vapora-tls in ${NAMESPACE}; frontend.exposure.ingress needs it.\n` +
          `Type: kubectl create secret tls vapora-tls -n ${NAMESPACE} --cert=<file> --key=<file>`,
        "error: frontend.exposure.ingress names no ingress class, and the cluster has no default one.\n" +
          "Install an ingress controller; the cluster has no ingress class at all.",
      ]);
    });

    it("names what is there and of no use, and nothing once it is as it must be", async () => {
      await installDefinitions(cluster, root, ["HTTPRoute", "Gateway"]);
      await create(
        ...["ingress-nginx", "gateways"].flatMap((name) => [...namespaceOf(name), pod("controller", name)]),
        { ...secret("vapora-tls"), type: "Opaque" },
        ingressClass("nginx"),
        gateway([{ name: "http", port: 80, protocol: "HTTP" }]),
      );
      const lines = await found(exposed);
      expect(lines.sort()).toEqual([
        "error: Secret vapora-tls is of type Opaque; frontend.exposure.ingress needs one of kubernetes.io/tls.\n" +
          `Its type never changes. Type: kubectl delete secret vapora-tls -n ${NAMESPACE}\n` +
          `and then: kubectl create secret tls vapora-tls -n ${NAMESPACE} --cert=<file> --key=<file>`,
        "error: backend.exposure.gateway names the HTTPS listener https; Gateway public has none of that name.\n" +
          "Its HTTPS listeners: none. Type: pulumi config set --path 'backend.exposure.gateway.listener' <name> --stack dev",
        "error: frontend.exposure.ingress names no ingress class, and the cluster has no default one.\n" +
          "The cluster has: nginx. Type: pulumi config set --path 'frontend.exposure.ingress.className' nginx --stack dev",
      ]);

      await kubectl(cluster, ["delete", "secret", "vapora-tls", "-n", NAMESPACE]);
      const certificateRefs = [{ name: "certificate" }];
      const https = { name: "https", port: 443, protocol: "HTTPS", tls: { certificateRefs } };
      await create(
        { ...secret("vapora-tls"), type: "kubernetes.io/tls" },
        gateway([{ ...https, hostname: "*.other.com" }]),
      );
      const named = typed(exposed, "pulumi config set --path 'frontend.exposure.ingress.className' nginx");
      expect((await found(named)).sort()).toEqual([
        "error: Listener https of Gateway public is for *.other.com, not for api.example.com.\n" +
          "Name another listener, or another host. " +
          "Type: pulumi config set --path 'backend.exposure.gateway.host' <host> --stack dev",
        `error: Listener https of Gateway public takes routes of its own namespace alone, not of ${NAMESPACE}.\n` +
          "Type: kubectl edit gateways.gateway.networking.k8s.io public -n gateways\n" +
          "and set allowedRoutes.namespaces of the listener.",
      ]);

      const open = { ...https, hostname: "*.example.com", allowedRoutes: { namespaces: { from: "All" } } };
      await create(gateway([open]), ingressClass("other", { "ingressclass.kubernetes.io/is-default-class": "true" }));
      expect(await found(named)).toEqual([expect.stringMatching(/^ok: \d+ references to what others make/)]);
      // without a name it is the default one
      expect(await found(exposed)).toEqual([expect.stringMatching("^ok: ")]);
      const misspelt = typed(exposed, "pulumi config set --path 'frontend.exposure.ingress.className' nginks");
      expect(await found(misspelt)).toEqual([
        "error: There is no ingress class nginks, which frontend.exposure.ingress names.\n" +
          "The cluster has: nginx, other. Type: pulumi config set --path 'frontend.exposure.ingress.className' nginx --stack dev",
      ]);
    });

    it("misses no certificate that cert-manager makes, but the issuer that the annotation names", async () => {
      const ingress = {
        ...{ ...INGRESS, tlsSecret: "made-by-cert-manager", className: "nginx" },
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
      };
      const frontend = { ...section("vapora:frontend"), exposure: { ingress } };
      expect(await found({ "vapora:frontend": frontend })).toEqual([
        "error: The cluster does not serve ClusterIssuer of cert-manager.io/v1, of which frontend.exposure.ingress needs letsencrypt.\n" +
          "Make it before the deployment.",
      ]);
    });

    it("warns of what the deployer may not see, and says no wrong of it", async () => {
      const lines = await found(exposed, asDeployer(cluster).kubeconfig);
      expect(lines.sort()).toEqual([
        "warning: The deployer may not get Gateway public; whether it is there, as backend.exposure.gateway needs it, was not seen.",
        "warning: The deployer may not list ingress classes; that of frontend.exposure.ingress was not looked at.",
      ]);
    });

    it("warns of an autoscaler that nobody serves metrics to", async () => {
      const backend = { ...section("vapora:backend"), replicas: undefined };
      const autoscaling = { minReplicas: 1, maxReplicas: 2, cpuUtilization: 80 };
      expect(await found({ "vapora:backend": { ...backend, autoscaling } })).toEqual([
        expect.stringMatching(
          /^warning: The cluster serves no metrics \(metrics\.k8s\.io\), and HorizontalPodAutoscaler vapora-backend cannot scale/,
        ),
      ]);
    });

    const secret = (name: string): object => ({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE } },
      stringData: { "tls.crt": "made-up", "tls.key": "made-up" },
    });
    const ingressClass = (name: string, annotations: object = {}): object => ({
      ...{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name, annotations } },
      spec: { controller: "example.com/controller" },
    });
    const gateway = (listeners: readonly object[]): object => ({
      ...{ apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway" },
      metadata: { name: "public", namespace: "gateways" },
      spec: { gatewayClassName: "example", listeners },
    });
  });

  async function untilPods(namespace: string, labels: string): Promise<void> {
    for (const deadline = Date.now() + 240_000; Date.now() < deadline;) {
      if ((await getObjects<KubernetesObject>(cluster, ["pods", "-n", namespace, "-l", labels])).length > 0) return;
      await sleep(200);
    }
    throw new Error(`there is no pod with ${labels} in ${namespace}`);
  }
});
