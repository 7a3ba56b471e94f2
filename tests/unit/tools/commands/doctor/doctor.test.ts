/** What the doctor makes of clusters that are hard to have: of other versions, of clouds, with few rights. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { supported } from "../../../../../tools/commands/doctor/cluster";
import { dns } from "../../../../../tools/commands/doctor/dns";
import { jobs } from "../../../../../tools/commands/doctor/jobs";
import { pods } from "../../../../../tools/commands/doctor/unready-pods";
import { answeringCluster, linesOf, patientOn } from "../../../../support/patients";

// a question to the simulated kubectl starts a shell, which takes its time on a busy machine
jest.setTimeout(300_000);

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

describe("a pod that is not ready", () => {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const objects = [
    {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "backend", namespace: "here" } },
      spec: { replicas: 1, template: { metadata: { labels: { app: "backend" } }, spec: { containers: [] } } },
    },
  ];

  /** What is found with one pod of this age and status, whose startup may take two minutes. */
  async function found(minutes: number, status: object): Promise<string[]> {
    const startupProbe = { periodSeconds: 5, failureThreshold: 24 };
    const pod = {
      metadata: { name: "backend-1", namespace: "here", labels: { app: "backend" }, creationTimestamp: ago(minutes) },
      spec: { containers: [{ name: "backend", startupProbe }] },
      status,
    };
    const cluster = answeringCluster(folder, { "get pods": { items: [pod] }, "get events": { items: [] } });
    return linesOf(await pods(patientOn(cluster, { objects })));
  }

  const unscheduled = {
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available: 3 Insufficient memory." }],
  };
  const unready = (minutes: number): object => ({
    phase: "Running",
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: ago(minutes) }],
    containerStatuses: [{ name: "backend", restartCount: 0, state: { running: { startedAt: ago(300) } } }],
  });

  test("since no node takes it has the scheduler's words, once an image could have been pulled", async () => {
    expect(await found(4, unscheduled)).toEqual(["ok: 0 pods ready, 1 starting."]);
    expect(await found(5, unscheduled)).toEqual([
      "error: Pod backend-1 of Deployment backend has not started after 5 minutes; it may take 4.\n" +
        "No node takes it: 0/3 nodes are available: 3 Insufficient memory.\n" +
        "Type: kubectl describe pod -n here backend-1",
    ]);
  });

  test("any more is judged by when it last was, not by when it started", async () => {
    expect(await found(301, unready(2))).toEqual(["ok: 0 pods ready, 1 starting."]);
    expect(await found(301, unready(3))).toEqual([
      "error: Pod backend-1 of Deployment backend runs and is not ready after 3 minutes; it may take 2.\n" +
        "Type: kubectl logs -n here backend-1 -c backend",
    ]);
  });
});

describe("a Job", () => {
  const job = {
    ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name: "import", namespace: "here" } },
    status: {
      conditions: [
        { type: "FailureTarget", status: "True" },
        {
          type: "Failed",
          status: "True",
          reason: "DeadlineExceeded",
          message: "Job was active longer than its deadline",
        },
      ],
    },
  };

  test("that failed after several pods is told of by the newest that has ended", async () => {
    const pod = (name: string, creationTimestamp: string, state: object): object => ({
      metadata: { name, namespace: "here", creationTimestamp },
      spec: { containers: [{ name: "import" }] },
      status: { containerStatuses: [{ name: "import", restartCount: 0, state }] },
    });
    const ended = (exitCode: number): object => ({ terminated: { exitCode, reason: "Error" } });
    const items = [
      pod("import-1", "2026-11-29T10:00:00Z", ended(1)),
      pod("import-3", "2026-11-29T10:02:00Z", { waiting: { reason: "ContainerCreating" } }),
      pod("import-2", "2026-11-29T10:01:00Z", ended(2)),
    ];
    const event = (name: string, time: string, message: string): object => ({
      ...{ involvedObject: { kind: "Pod", name }, reason: "Failed", message },
      ...{ lastTimestamp: null, eventTime: time, metadata: { creationTimestamp: time } },
    });
    const events = [
      event("import-2", "2026-11-29T10:01:03Z", "third"),
      event("import-2", "2026-11-29T10:01:01Z", "first"),
      event("import-1", "2026-11-29T10:01:04Z", "of another pod"),
      event("import-2", "2026-11-29T10:01:02Z", "second"),
    ];
    const answers = { "get -f": job, "get pods": { items }, "get events": { items: events } };
    const cluster = answeringCluster(folder, answers);
    expect(linesOf(await jobs(patientOn(cluster, { objects: [job] })))).toEqual([
      [
        "error: Job import failed (DeadlineExceeded: Job was active longer than its deadline). The log of pod import-2 tells why.",
        "import ended with exit code 2, Error.",
        "Failed: second",
        "Failed: third",
        "Type: kubectl logs -n here job/import",
        "Once that is mended: the next pulumi up makes the Job anew.",
      ].join("\n"),
    ]);
  });

  test("that is complete is none to tell of", async () => {
    const complete = { ...job, status: { conditions: [{ type: "Complete", status: "True" }] } };
    const cluster = answeringCluster(folder, { "get -f": complete });
    expect(linesOf(await jobs(patientOn(cluster, { objects: [job] })))).toEqual(["ok: 1 Job: none failed."]);
  });
});
