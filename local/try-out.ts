/** The try-out: the platform on a cluster, from a bare machine. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { withoutSecrets } from "../offline/config";
import { readStack } from "../offline/project";
import { record } from "../offline/record";
import { kubernetesObjects } from "../offline/recording";
import type { Json, Recording } from "../offline/recording";
import { UserError } from "../offline/user-error";
import { applyDeployer } from "./apply";
import { controlPlaneFolder, isNamed, localFolder, Memory, reachCluster } from "./target";
import type { NamedCluster } from "./target";
import { runningControlPlane, startControlPlane, stopControlPlane } from "./control-plane";
import type { Deployer } from "./deployment";
import { engineDeployer, findPulumi } from "./engine";
import { kubectl } from "./kubectl";
import type { Cluster } from "./kubectl";
import { waitUntilReady } from "./readiness";
import { buildTools, CONTROL_PLANE_TOOLS, missingTools } from "./tools";

const READY_TIMEOUT = 300_000;

/** What to try, and where. */
export interface TryOptions extends NamedCluster {
  readonly root: string;
  readonly stack: string;
  /** Port of the local API server. @default - any free one */
  readonly port?: number | undefined;
  readonly signal: AbortSignal;
}

/** One step of the try-out, for a list that shows progress. */
export interface Step {
  readonly title: string;
  readonly run: (report: (progress: string) => void) => Promise<void>;
}

/** What came of it. */
export interface TryResult {
  readonly cluster: Cluster;
  readonly outputs: Readonly<Record<string, Json>>;
  /** `kubectl get pods` of the stack's namespaces. */
  readonly pods: string;
}

/** A run of the try-out: its steps, in order, and how to undo what it started. */
export class TryOut {
  public readonly deployer: Deployer;
  /** Secrets of the stack that are made up for the try-out, by full key. */
  public readonly placeholders: readonly string[];
  private readonly memory: Memory;
  private readonly config: Readonly<Record<string, unknown>>;
  private startedHere = false;
  private recording: Recording | undefined;
  private cluster: Cluster | undefined;
  private outputs: Readonly<Record<string, Json>> = {};

  /** @throws UserError if the stack cannot be read, or was deployed the other way before. */
  public constructor(private readonly options: TryOptions) {
    const { root, stack } = options;
    const file = readStack(root, stack);
    const { config, secretKeys } = withoutSecrets(file.project, file.config);
    this.config = config;
    this.placeholders = secretKeys;
    const pulumi = findPulumi();
    this.deployer = pulumi === undefined ? applyDeployer : engineDeployer(pulumi);
    this.memory = new Memory(root, stack, options);
  }

  /** The steps; each needs the ones before it. */
  public steps(): Step[] {
    const { root } = this.options;
    const own = !isNamed(this.options);
    const building = own && missingTools(root, CONTROL_PLANE_TOOLS).length > 0;
    return [
      { title: `Read stack ${this.options.stack}`, run: () => this.readStack() },
      ...(building
        ? [{ title: "Build the local control plane, once: 10 to 20 minutes on 2 cores", run: this.build.bind(this) }]
        : []),
      own
        ? { title: "Start the local control plane", run: this.start.bind(this) }
        : { title: "Reach the cluster", run: this.reach.bind(this) },
      { title: `Deploy stack ${this.options.stack} with ${this.deployer.name}`, run: this.deploy.bind(this) },
      { title: "Wait until everything is Ready", run: this.wait.bind(this) },
    ];
  }

  /** What to show once all steps are done. */
  public async result(): Promise<TryResult> {
    const cluster = known(this.cluster);
    const { signal } = this.options;
    const tables = namespacesOf(known(this.recording)).map((namespace) =>
      kubectl(cluster, ["get", "pods", "--namespace", namespace, "-o", "wide"], { signal }),
    );
    return { cluster, outputs: this.outputs, pods: (await Promise.all(tables)).join("\n") };
  }

  /** After a failure: stops the control plane if this run started it. Gives the line that tells. */
  public async undo(): Promise<string | undefined> {
    if (isNamed(this.options)) return undefined;
    if (this.startedHere) {
      await stopLocal(this.options.root);
      return "The control plane this run started has been stopped again.";
    }
    const running = await runningControlPlane(controlPlaneFolder(this.options.root));
    return running && "The control plane that was there before this run goes on; npm run try:down stops it.";
  }

  private async readStack(): Promise<void> {
    const { root } = this.options;
    if (!isNamed(this.options) && (await runningControlPlane(controlPlaneFolder(root))) === undefined) {
      // a control plane that has ended took its objects along; what was remembered of them is void
      await stopLocal(root);
    }
    this.recording = await record(this.options.stack, {
      root,
      config: this.config,
      seed: this.memory.seed(),
    });
  }

  private async build(report: (progress: string) => void): Promise<void> {
    await buildTools(this.options.root, CONTROL_PLANE_TOOLS, report, this.options.signal);
  }

  private async start(report: (progress: string) => void): Promise<void> {
    const { root, port, signal } = this.options;
    const folder = controlPlaneFolder(root);
    const running = await runningControlPlane(folder);
    if (running === undefined) {
      this.startedHere = true;
    } else if (port !== undefined && !running.server.endsWith(`:${String(port)}`)) {
      throw new UserError(`The local control plane runs at ${running.server} already; npm run try:down stops it.`);
    }
    const tools = await buildTools(root, CONTROL_PLANE_TOOLS, report, signal);
    this.cluster = running ?? (await startControlPlane(folder, tools, { port, report, signal }));
    await labelNodes(this.cluster, known(this.recording), signal);
  }

  private async reach(report: (progress: string) => void): Promise<void> {
    this.cluster = await reachCluster(this.options.root, this.options, report, this.options.signal);
  }

  private async deploy(report: (progress: string) => void): Promise<void> {
    const { root, stack, signal } = this.options;
    const before = this.memory.deployer();
    if (before !== undefined && before !== this.deployer.name) {
      throw new UserError(
        `Stack ${stack} was deployed here with ${before} before, and now it would be ${this.deployer.name}. Run npm run try:down first.`,
      );
    }
    this.memory.remember(this.deployer.name);
    const cluster = known(this.cluster);
    this.outputs = await this.deployer.deploy({
      root,
      stack,
      cluster,
      config: { ...this.config, "vapora:cluster": clusterConfig(this.config["vapora:cluster"], cluster) },
      recording: known(this.recording),
      folder: this.memory.folder,
      report,
      signal,
    });
  }

  private async wait(report: (progress: string) => void): Promise<void> {
    await waitUntilReady(known(this.cluster), known(this.recording), READY_TIMEOUT, report, this.options.signal);
  }
}

/** Stops the local control plane and forgets what was deployed to it. True if one was running. */
export async function stopLocal(root: string): Promise<boolean> {
  const wasRunning = await stopControlPlane(controlPlaneFolder(root));
  const stacks = `${localFolder(root)}/stacks`;
  if (existsSync(stacks)) {
    for (const name of readdirSync(stacks).filter((entry) => entry.startsWith("local-"))) {
      rmSync(`${stacks}/${name}`, { recursive: true, force: true });
    }
    if (readdirSync(stacks).length === 0) rmSync(localFolder(root), { recursive: true, force: true });
  } else {
    rmSync(localFolder(root), { recursive: true, force: true });
  }
  return wasRunning;
}

/** Takes a stack off a cluster that was named. */
export async function removeFrom(options: Omit<TryOptions, "port">, report: (progress: string) => void): Promise<void> {
  const { root, stack, signal } = options;
  const memory = new Memory(root, stack, options);
  const name = memory.deployer();
  if (name === undefined) throw new UserError(`Nothing was deployed there as stack ${stack} from this folder.`);
  const pulumi = findPulumi();
  if (name === "pulumi" && pulumi === undefined)
    throw new UserError(`Stack ${stack} was deployed with pulumi, which is not on PATH now.`);
  const deployer = name === "pulumi" ? engineDeployer(pulumi ?? "") : applyDeployer;
  const cluster = await reachCluster(root, options, report, signal);
  await deployer.remove({ root, stack, cluster, folder: memory.folder, report, signal });
  memory.forget();
}

/** Gives the simulated nodes the labels the recording's pods select. */
async function labelNodes(cluster: Cluster, recording: Recording, signal: AbortSignal): Promise<void> {
  const labels = kubernetesObjects(recording).flatMap(({ object }) => {
    const { spec } = object as {
      readonly spec?: { readonly template?: { readonly spec?: { readonly nodeSelector?: Record<string, string> } } };
    };
    return Object.entries(spec?.template?.spec?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  });
  if (labels.length > 0)
    await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", ...new Set(labels)], { signal });
}

function namespacesOf(recording: Recording): string[] {
  return [...new Set(kubernetesObjects(recording).flatMap(({ object }) => object.metadata.namespace ?? []))];
}

function clusterConfig(own: unknown, { kubeconfig, context }: Cluster): unknown {
  return { ...(own as object), kubeconfig, ...(context === undefined ? {} : { context }) };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the try-out's steps were run out of order");
  return value;
}
