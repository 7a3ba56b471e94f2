/**
 * A Kubernetes control plane on this machine: etcd, API server, controller manager and scheduler, with KWOK playing
 * the kubelets. Pods become Ready; no container starts. Everything it writes lies in one folder, but for the volumes
 * of the host-path provisioner, which {@link stopControlPlane} takes away.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../shared/user-error";
import { kubeconfigPath, writeKeys, writeKubeconfigs } from "./kubeconfigs";
import { getObjects, kubectl, tryKubectl } from "./kubectl";
import type { Cluster } from "./kubectl";
import { freePorts } from "./loopback-ports";
import { commandLines, killOutright, sleep, startDaemon } from "../shared/processes";
import { delayableStages, NODE_COUNT, simulatedObjects } from "./simulation";
import type { Tools } from "./go-tools";
import { removeVolumes, volumePaths } from "./host-paths";

const STATE_FILE = "control-plane.json";
const START_TIMEOUT = 60_000;
/** Namespaces of a new control plane in which pods are made. */
const SYSTEM_NAMESPACES = ["default", "kube-system"];

/** A running control plane. */
export interface ControlPlane extends Cluster {
  /** Address of the API server. */
  readonly server: string;
}

interface StartOptions {
  /** Port of the API server. @default - any free one */
  readonly port?: number | undefined;
  /** Arguments of the API server beside our own. @default - none */
  readonly apiServerArguments?: readonly string[];
  readonly progress?: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

interface State {
  readonly server: string;
  readonly kubectl: string;
  readonly processes: Record<string, number>;
  /** True once its nodes are Ready: a start that was killed half way leaves a control plane that is of no use. */
  ready: boolean;
}

/** The control plane that runs from a folder; undefined if there is none, or one of its processes has ended. */
export async function runningControlPlane(folder: string): Promise<ControlPlane | undefined> {
  const state = readState(folder);
  if (state?.ready !== true) return undefined;
  const alive = await ownProcesses(folder, state);
  if (alive.length < Object.keys(state.processes).length) return undefined;
  return { kubectl: state.kubectl, kubeconfig: kubeconfigPath(folder), server: state.server };
}

/**
 * Starts a control plane in an empty or new folder, with simulated nodes and two storage classes, and waits until its
 * nodes are Ready. Whatever a failed start leaves is for {@link stopControlPlane}.
 * @throws UserError if a port is taken or a process ends; Interrupted.
 */
export async function startControlPlane(
  folder: string,
  tools: Tools,
  options: StartOptions = {},
): Promise<ControlPlane> {
  const { progress = () => undefined, signal } = options;
  const path = (name: string): string => join(folder, name);
  mkdirSync(path("logs"), { recursive: true, mode: 0o700 });
  const [etcdPort, peerPort, apiPort] = await freePorts(options.port);
  const state: State = {
    server: `https://127.0.0.1:${String(apiPort)}`,
    kubectl: tools.path("kubectl"),
    processes: {},
    ready: false,
  };
  const start = (name: string, program: string, args: readonly string[]): void => {
    state.processes[name] = startDaemon(program, args, path(`logs/${name}.log`), { cwd: folder });
    writeState(folder, state);
  };
  const whenReady = (name: string, ready: () => Promise<boolean>): Promise<void> =>
    waitFor(folder, state, name, ready, signal);

  progress("etcd");
  const etcd = `http://127.0.0.1:${String(etcdPort)}`;
  const peer = `http://127.0.0.1:${String(peerPort)}`;
  start("etcd", tools.path("etcd"), [
    `--data-dir=${path("etcd")}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
  ]);
  await whenReady("etcd", () => answers(`${etcd}/health`));

  progress("kube-apiserver");
  const tokens = writeKeys(folder);
  start("kube-apiserver", tools.path("kube-apiserver"), [
    `--etcd-servers=${etcd}`,
    `--secure-port=${String(apiPort)}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--cert-dir=${path("certificates")}`,
    `--service-account-key-file=${path("service-account.key")}`,
    `--service-account-signing-key-file=${path("service-account.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--token-auth-file=${path("tokens.csv")}`,
    "--authorization-mode=Node,RBAC",
    // as clusters have it: what keeps privileged pods out is the Pod Security Standard
    "--allow-privileged=true",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--endpoint-reconciler-type=none",
    ...(options.apiServerArguments ?? []),
  ]);
  const cluster: ControlPlane = { kubectl: state.kubectl, kubeconfig: kubeconfigPath(folder), server: state.server };
  const certificate = path("certificates/apiserver.crt");
  await whenReady("kube-apiserver", async () => {
    if (!existsSync(certificate)) return false;
    writeKubeconfigs(folder, state.server, certificate, tokens);
    return (await tryKubectl(cluster, ["get", "--raw", "/readyz"], { signal })).code === 0;
  });

  progress("kube-controller-manager, kube-scheduler, kwok");
  start("kube-controller-manager", tools.path("kube-controller-manager"), [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--service-account-private-key-file=${path("service-account.key")}`,
    `--root-ca-file=${certificate}`,
    "--use-service-account-credentials",
    "--authentication-skip-lookup",
    "--enable-hostpath-provisioner=true",
    "--leader-elect=false",
    "--secure-port=0",
  ]);
  start("kube-scheduler", tools.path("kube-scheduler"), [
    `--kubeconfig=${cluster.kubeconfig}`,
    "--authentication-skip-lookup",
    "--leader-elect=false",
    "--secure-port=0",
  ]);
  writeFileSync(path("stages.yaml"), delayableStages(readFileSync(tools.stages, "utf8")));
  start("kwok", tools.path("kwok"), [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--config=${path("stages.yaml")}`,
    "--manage-all-nodes=true",
    "--node-lease-duration-seconds=40",
  ]);

  progress("simulated nodes");
  await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input: simulatedObjects(), signal });
  await whenReady("kwok", async () => {
    const nodes = await getObjects<NodeObject>(cluster, ["nodes"], { signal });
    return nodes.filter(isReady).length === NODE_COUNT;
  });
  // without its account a namespace has no pods
  await whenReady("kube-controller-manager", async () => {
    const accounts = await getObjects<Named>(cluster, ["serviceaccounts", "--all-namespaces"], { signal });
    const having = accounts
      .filter(({ metadata }) => metadata.name === "default")
      .map(({ metadata }) => metadata.namespace);
    return SYSTEM_NAMESPACES.every((namespace) => having.includes(namespace));
  });
  state.ready = true;
  writeState(folder, state);
  return cluster;
}

/**
 * Ends the control plane of a folder and removes the folder: its data is there for trying things out, not to be kept.
 * Only processes whose command line names the folder are ended. True if there was anything to stop.
 */
export async function stopControlPlane(folder: string): Promise<boolean> {
  const state = readState(folder);
  if (state === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
  const alive = await ownProcesses(folder, state);
  const cluster = { kubectl: state.kubectl, kubeconfig: kubeconfigPath(folder) };
  const volumes = alive.length > 0 ? await volumePaths(cluster) : [];
  await killOutright(alive);
  removeVolumes(volumes);
  rmSync(folder, { recursive: true, force: true });
  return alive.length > 0;
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function isReady({ status }: NodeObject): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

function readState(folder: string): State | undefined {
  const path = join(folder, STATE_FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as State) : undefined;
}

function writeState(folder: string, state: State): void {
  // never half a file: a command that is killed must not stop the next one from reading it
  const unfinished = join(folder, `${STATE_FILE}.${String(process.pid)}`);
  writeFileSync(unfinished, JSON.stringify(state));
  renameSync(unfinished, join(folder, STATE_FILE));
}

/** Process ids of the state that are still this control plane's: an id may have been given to another since. */
async function ownProcesses(folder: string, { processes }: State): Promise<number[]> {
  const lines = await commandLines(Object.values(processes));
  return [...lines].filter(([, line]) => line.includes(folder)).map(([pid]) => pid);
}

async function waitFor(
  folder: string,
  state: State,
  name: string,
  ready: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  for (const deadline = Date.now() + START_TIMEOUT; Date.now() < deadline;) {
    if (await ready()) return;
    const alive = await ownProcesses(folder, state);
    if (!alive.includes(state.processes[name] ?? 0))
      throw new UserError(`${name} ended at its start:\n${logEnd(folder, name)}`);
    await sleep(100, signal);
  }
  throw new UserError(`${name} was not ready after ${String(START_TIMEOUT / 1000)} s:\n${logEnd(folder, name)}`);
}

function logEnd(folder: string, name: string): string {
  return readFileSync(join(folder, "logs", `${name}.log`), "utf8")
    .trimEnd()
    .split("\n")
    .slice(-3)
    .join("\n");
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
