/** What the doctor says of pods and Jobs that are in trouble: simulated ones, whose status a test writes as a kubelet would. */
import { jobs } from "../../tools/commands/doctor/jobs";
import { pods } from "../../tools/commands/doctor/unready-pods";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { sleep } from "../../tools/shared/processes";
import { asDeployer } from "../../tools/cluster/role";
import type { State } from "../../tools/pulumi/state";
import type { KubernetesObject } from "../../tools/recording/recording";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { READY_DELAY } from "../../tools/cluster/simulation";
import { linesOf, patientOn } from "../support/patients";

jest.setTimeout(CLUSTER_TIMEOUT);

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+/, "");

describeOnCluster("the doctor, of a stack that is deployed,", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);

  async function create(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input });
  }

  async function newNamespace(): Promise<string> {
    const namespace = namespaces.next("doctor");
    await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    return namespace;
  }

  async function setStatus(kind: string, namespace: string, name: string, status: object): Promise<void> {
    const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
    await kubectl(cluster, ["patch", kind, name, "-n", namespace, ...patch]);
  }

  /** A template whose pods never get ready by themselves. */
  const template = (app: string, spec: object = {}): object => ({
    metadata: { labels: { app }, annotations: { [READY_DELAY]: "24h" } },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          ...{ name: app, image: `example.com/${app}:1` },
          startupProbe: { httpGet: { path: "/ready", port: 8000 }, periodSeconds: 5, failureThreshold: 120 },
        },
      ],
      ...spec,
    },
  });

  const workload = (kind: string, name: string, namespace: string, replicas = 1): KubernetesObject => ({
    ...{ apiVersion: "apps/v1", kind, metadata: { name, namespace } },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
  });

  const job = (name: string, namespace: string, restartPolicy = "Never", backoffLimit = 0): KubernetesObject => ({
    ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace } },
    spec: { backoffLimit, template: template("import", { restartPolicy }) },
  });

  /** Names of the pods of an app, once there are so many. */
  async function podsOf(namespace: string, app: string, number = 1): Promise<string[]> {
    for (const deadline = Date.now() + 240_000; Date.now() < deadline;) {
      const found = await getObjects<KubernetesObject>(cluster, ["pods", "-n", namespace, "-l", `app=${app}`]);
      if (found.length === number) return found.map(({ metadata }) => metadata.name);
      await sleep(200);
    }
    throw new Error(`there are not ${String(number)} pods of ${app} in ${namespace}`);
  }

  /** A pod's status as of a container that has run for some minutes. */
  const running = (name: string, minutes: number, more: object = {}, isReady = false): object => ({
    phase: "Running",
    conditions: [
      { type: "PodScheduled", status: "True", lastTransitionTime: ago(minutes) },
      { type: "Ready", status: isReady ? "True" : "False", lastTransitionTime: ago(minutes) },
    ],
    containerStatuses: [
      {
        ...{ name, image: "i", imageID: "i", restartCount: 0, ready: isReady, started: isReady },
        state: { running: { startedAt: ago(minutes) } },
        ...more,
      },
    ],
  });

  const warning = (namespace: string, kind: string, name: string, reason: string, message: string): object => ({
    ...{ apiVersion: "v1", kind: "Event", metadata: { name: `${name}.${reason.toLowerCase()}`, namespace } },
    ...{ involvedObject: { kind, name, namespace }, type: "Warning", reason, message },
    ...{ firstTimestamp: ago(1), lastTimestamp: ago(1), count: 3, source: { component: "kubelet" } },
  });

  async function podsFound(...objects: readonly KubernetesObject[]): Promise<string[]> {
    return linesOf(await pods(patientOn(asDeployer(cluster), { objects })));
  }

  it("says of a database whose start-up file has not run why nobody gets an answer, in its own words", async () => {
    const namespace = await newNamespace();
    const database = workload("StatefulSet", "surrealdb", namespace);
    await create(database);
    await podsOf(namespace, "surrealdb");
    await setStatus("pod", namespace, "surrealdb-0", running("surrealdb", 9));
    expect(await podsFound(database)).toEqual(["ok: 0 pods ready, 1 starting."]);

    await setStatus("pod", namespace, "surrealdb-0", running("surrealdb", 25));
    const failed = "Startup probe failed: HTTP probe failed with statuscode: 503";
    await create(
      warning(namespace, "Pod", "surrealdb-0", "Unhealthy", failed),
      warning(namespace, "Pod", "another-0", "Unhealthy", "of another pod"),
    );
    expect(await podsFound(database)).toEqual([
      [
        "error: Pod surrealdb-0 of StatefulSet surrealdb runs and is not ready after 25 minutes; it may take 10.",
        "The database answers 503 on /ready while its start-up file has not run; its log tells why it has not.",
        `Unhealthy: ${failed}`,
        `Type: kubectl logs -n ${namespace} surrealdb-0 -c surrealdb`,
      ].join("\n"),
    ]);
  });

  it("says of pods that restart how they ended, once for all pods of a workload", async () => {
    const namespace = await newNamespace();
    const backend = workload("Deployment", "backend", namespace, 2);
    await create(backend);
    const names = await podsOf(namespace, "backend", 2);
    const terminated = { exitCode: 1, reason: "Error", message: "no such\ndatabase", finishedAt: ago(2) };
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" };
    const broken = { restartCount: 7, state: { running: null, waiting }, lastState: { terminated } };
    for (const name of names) await setStatus("pod", namespace, name, running("backend", 1, broken));
    expect(await podsFound(backend)).toEqual([
      [
        `error: Pod ${String(names[0])} of Deployment backend is not ready, and was restarted (7 times). So it is with 1 more of its pods.`,
        "backend: CrashLoopBackOff: back-off 5m0s restarting failed container",
        "backend ended with exit code 1, Error: no such database",
        `Type: kubectl logs -n ${namespace} ${String(names[0])} -c backend --previous`,
      ].join("\n"),
    ]);
  });

  it("warns of a pod that is ready and was restarted a short while ago, and not of one long since", async () => {
    const namespace = await newNamespace();
    const redis = workload("StatefulSet", "redis", namespace);
    await create(redis);
    await podsOf(namespace, "redis");
    const restarted = (minutes: number): object => {
      const terminated = { exitCode: 137, reason: "OOMKilled", finishedAt: ago(minutes) };
      return running("redis", minutes, { restartCount: 1, lastState: { terminated } }, true);
    };
    await setStatus("pod", namespace, "redis-0", restarted(5));
    expect(await podsFound(redis)).toEqual([
      [
        "warning: Pod redis-0 of StatefulSet redis was restarted (1 time), last 5 minutes ago.",
        "redis ended with exit code 137, OOMKilled.",
        `Type: kubectl logs -n ${namespace} redis-0 -c redis --previous`,
      ].join("\n"),
    ]);
    await setStatus("pod", namespace, "redis-0", restarted(90));
    expect(await podsFound(redis)).toEqual(["ok: 1 pod ready."]);
  });

  it("says of a pod that does not start what it waits for", async () => {
    const namespace = await newNamespace();
    const frontend = workload("Deployment", "frontend", namespace);
    await create(frontend);
    const [name = ""] = await podsOf(namespace, "frontend");
    const waiting = { reason: "ErrImagePull", message: "example.com/frontend:1: not found" };
    await setStatus("pod", namespace, name, { ...running("frontend", 0, { state: { waiting } }), phase: "Pending" });
    expect(await podsFound(frontend)).toEqual([
      `error: Pod ${name} of Deployment frontend does not start.\n` +
        "frontend: ErrImagePull: example.com/frontend:1: not found\n" +
        `Type: kubectl describe pod -n ${namespace} ${name}`,
    ]);
  });

  async function jobsFound(
    objects: readonly KubernetesObject[],
    known: readonly KubernetesObject[] = [],
    initErrors: readonly string[] = [],
  ): Promise<string[]> {
    const state: State = {
      resources: known.map((object) => ({
        ...{ urn: `urn:${object.metadata.name}`, type: "kubernetes:batch/v1:Job", custom: true },
        inputs: object as never,
        initErrors,
      })),
      ...{ pending: [], mark: undefined },
    };
    return linesOf(await jobs(patientOn(asDeployer(cluster), { objects, state })));
  }

  it("names a Job that failed, its reason and its pod's own words, and what comes of it", async () => {
    const namespace = await newNamespace();
    const failing = job("knowledge-graph-1a2b", namespace);
    expect(await jobsFound([failing])).toEqual(["skipped: No Job of the stack is there yet."]);
    await create(failing);
    const [pod = ""] = await podsOf(namespace, "import");
    expect(await jobsFound([failing])).toEqual(["ok: 1 Job: none failed."]);

    const terminated = { exitCode: 1, reason: "Error", message: "IAM error: Not enough permissions" };
    await setStatus("pod", namespace, pod, { ...running("import", 1, { state: { terminated } }), phase: "Failed" });
    await untilFailed(namespace, "knowledge-graph-1a2b");
    // the program wants another one by now, and the state still knows this
    const [found] = await jobsFound([job("knowledge-graph-3c4d", namespace)], [failing]);
    expect(found).toBe(
      [
        `error: Job knowledge-graph-1a2b failed (BackoffLimitExceeded: Job has reached the specified backoff limit). The log of pod ${pod} tells why.`,
        "import ended with exit code 1, Error: IAM error: Not enough permissions",
        `Type: kubectl logs -n ${namespace} job/knowledge-graph-1a2b`,
        "Once that is mended: the next pulumi up makes the Job anew.",
      ].join("\n"),
    );
  });

  it("warns of a Job whose pod has ended once and goes on trying", async () => {
    const namespace = await newNamespace();
    const trying = job("knowledge-graph-1a2b", namespace, "OnFailure", 6);
    await create(trying);
    const [pod = ""] = await podsOf(namespace, "import");
    const ended = { restartCount: 4, lastState: { terminated: { exitCode: 1, reason: "Error" } } };
    // as running the simulation would complete it
    await setStatus("pod", namespace, pod, { ...running("import", 1, ended), phase: "Pending" });
    expect(await jobsFound([trying])).toEqual([
      "warning: Job knowledge-graph-1a2b tries again; it has not succeeded so far.\n" +
        "import ended with exit code 1, Error.\n" +
        `Type: kubectl logs -n ${namespace} job/knowledge-graph-1a2b`,
    ]);
  });

  it("says of a Job that failed and whose pods are gone what is left of it", async () => {
    const namespace = await newNamespace();
    const failing = job("rotation-1", namespace);
    await create({ ...failing, spec: { ...(failing.spec as object), activeDeadlineSeconds: 1 } });
    await untilFailed(namespace, "rotation-1");
    await podsOf(namespace, "import", 0);
    const [found = ""] = await jobsFound([failing]);
    expect(found).toMatch(
      /^error: Job rotation-1 failed \(DeadlineExceeded: .*\)\. Its pods are gone, and their logs with them\.\n/,
    );
    expect(found).toContain(`\nType: kubectl describe job -n ${namespace} rotation-1\n`);
  });

  it("names a Job that failed and was deleted, and none that was tidied away once it had done its work", async () => {
    const namespace = await newNamespace();
    const deleted = job("knowledge-graph-1a2b", namespace);
    expect(await jobsFound([deleted], [deleted])).toEqual(["skipped: No Job of the stack is there yet."]);
    expect(await jobsFound([deleted], [deleted], ["DeadlineExceeded"])).toEqual([
      'error: Job knowledge-graph-1a2b failed, and somebody has deleted it: a preview stops at it with "not found".\n' +
        "Type: npm run up -- dev, which makes it anew; pulumi up --refresh does as well.",
    ]);
  });

  async function untilFailed(namespace: string, name: string): Promise<void> {
    await kubectl(cluster, ["wait", `job/${name}`, "-n", namespace, "--for=condition=Failed", "--timeout=60s"]);
  }
});
