/** The try-out: the platform on a cluster, from a bare machine. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { withoutSecrets } from "../../recording/open-config";
import { readStack } from "../../recording/project";
import { record } from "../../recording/record";
import type { Json, Recording } from "../../recording/recording";
import { UserError } from "../../shared/user-error";
import { controlPlaneFolder, isNamed, Memory, reachCluster } from "./target";
import { localFolder } from "../../shared/cache";
import { clusterIdentity } from "../../cluster/kubectl";
import type { NamedCluster } from "./target";
import { runningControlPlane, startControlPlane, stopControlPlane } from "../../cluster/control-plane";
import { deployConsumer, lettingConsumerIn, removeConsumer } from "./consumer";
import { deployStack, removeStack } from "./engine";
import { kubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import { builtVersion, installedPulumi, providePulumi, PULUMI_TOOLS } from "../../pulumi/built";
import type { Pulumi } from "../../pulumi/built";
import { waitUntilReady } from "../../cluster/readiness";
import { asDeployer, grantDeployer } from "../../cluster/role";
import { namespacesOf, prepareOwn } from "../../cluster/assumed-surroundings";
import { buildTools, CONTROL_PLANE_TOOLS, machineTools, missingTools } from "../../cluster/go-tools";
import type { Tool } from "../../cluster/go-tools";
import type { Step } from "../../shared/progress";

const READY_TIMEOUT = 300_000;

/** What a first build takes. */
const BUILD_TIME = "all of it takes 9 to 25 minutes on 2 cores";

/** What to try, and where. */
export interface TryOptions extends NamedCluster {
  readonly root: string;
  readonly stack: string;
  /** Port of the local API server. @default - any free one */
  readonly port?: number | undefined;
  /** Deploy the example of a consumer after it. @default false */
  readonly withConsumer?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface TryResult {
  readonly cluster: Cluster;
  readonly outputs: Readonly<Record<string, Json>>;
  /** `kubectl get pods` of the stack's namespaces. */
  readonly pods: string;
  /** Folder of the project that pulumi ran. */
  readonly folder: string;
  /** What the consumer consists of. @default - there is none */
  readonly consumer?: string | undefined;
}

/** A run of the try-out: its steps, in order, and how to undo what it started. */
export class TryOut {
  /** Made-up values for the stack's secrets, by full key. */
  public readonly secrets: Readonly<Record<string, string>>;
  private readonly config: Readonly<Record<string, unknown>>;
  private readonly isOwn: boolean;
  private startedHere = false;
  private recording: Recording | undefined;
  private pulumi: Pulumi | undefined;
  private cluster: Cluster | undefined;
  private memory: Memory | undefined;
  private outputs: Readonly<Record<string, Json>> = {};
  private consumer: string | undefined;

  /** @throws UserError if the stack cannot be read. */
  public constructor(private readonly options: TryOptions) {
    const { root, stack } = options;
    const file = readStack(root, stack);
    const { config, secretKeys } = withoutSecrets(file.project, file.config);
    const isSecret = ([key]: [string, unknown]): boolean => secretKeys.includes(key);
    const entries = Object.entries(config);
    this.secrets = Object.fromEntries(entries.filter(isSecret).map(([key, value]) => [key, String(value)]));
    const plain = Object.fromEntries(entries.filter((entry) => !isSecret(entry)));
    this.config = options.withConsumer === true ? lettingConsumerIn(plain, stack) : plain;
    this.isOwn = !isNamed(options);
  }

  /** The line that tells which pulumi deploys. */
  public notice(): string {
    const { root } = this.options;
    const [pulumi, found] = [installedPulumi(), this.isOwn ? machineTools(root, CONTROL_PLANE_TOOLS) : []];
    const used = found.length === 0 ? "" : `\nUsed from this machine, in the right version: ${found.join(", ")}.`;
    return pulumi === undefined
      ? `There is no pulumi on PATH: deploying with pulumi ${builtVersion(root)}, which this project builds for its try-out and tests; ` +
          `stand-ins take the place of Pulumi's language host and random provider. State in an ignored folder.${used}`
      : `Deploying with ${pulumi} (pulumi up), state in an ignored folder.${used}`;
  }

  /** The steps; each needs the ones before it. */
  public steps(): Step[] {
    const { root, stack } = this.options;
    const missing = missingTools(root, this.tools());
    const building = missing.length > 0;
    const build = {
      title: `Build ${missing.length > 2 ? "the local control plane and pulumi" : missing.join(", ")}, once: ${BUILD_TIME}`,
      run: this.build.bind(this),
    };
    const own: Step[] = [
      { title: `Read stack ${stack}`, run: () => this.readForOwn() },
      ...(building ? [build] : []),
      { title: "Start the local control plane", run: this.start.bind(this) },
    ];
    const named: Step[] = [
      { title: "Reach the cluster", run: this.reach.bind(this) },
      { title: `Read stack ${stack}`, run: () => this.read() },
      ...(building ? [build] : []),
    ];
    return [
      ...(this.isOwn ? own : named),
      { title: `Deploy stack ${stack} with pulumi`, run: this.deploy.bind(this) },
      { title: "Wait until everything is Ready", run: this.wait.bind(this) },
      ...(this.options.withConsumer === true
        ? [{ title: "Deploy examples/consumer with pulumi", run: this.deployConsumer.bind(this) }]
        : []),
    ];
  }

  /** What to show once all steps are done. */
  public async result(): Promise<TryResult> {
    const cluster = known(this.cluster);
    const { signal } = this.options;
    const tables = namespacesOf(known(this.recording)).map((namespace) =>
      kubectl(cluster, ["get", "pods", "--namespace", namespace, "-o", "wide"], { signal }),
    );
    const pods = (await Promise.all(tables)).join("\n");
    return { cluster, outputs: this.outputs, pods, folder: known(this.memory).folder, consumer: this.consumer };
  }

  /** After a failure: stops the control plane if this run started it. Gives the line that tells. */
  public async undo(): Promise<string | undefined> {
    if (!this.isOwn) {
      return this.memory?.isDeployed() === true
        ? "What was deployed stays; npm run try:down with the same options takes it off the cluster."
        : undefined;
    }
    if (this.startedHere) {
      const wasRunning = await stopLocal(this.options.root);
      return wasRunning ? "The control plane this run started has been stopped again." : undefined;
    }
    const running = await runningControlPlane(controlPlaneFolder(this.options.root));
    return running && "The control plane that was there before this run goes on; npm run try:down stops it.";
  }

  private async readForOwn(): Promise<void> {
    const { root, stack } = this.options;
    if ((await runningControlPlane(controlPlaneFolder(root))) === undefined) {
      // a control plane that has ended took its objects along; what was remembered of them is void
      await stopLocal(root);
    }
    this.memory = new Memory(root, stack, "local");
    await this.read();
  }

  private async read(): Promise<void> {
    const { root, stack, signal } = this.options;
    this.recording = await record(stack, { root, config: this.config, signal });
  }

  private async build(progress: (what: string) => void): Promise<void> {
    await buildTools(this.options.root, this.tools(), progress, this.options.signal);
  }

  /** What this run needs built. */
  private tools(): Tool[] {
    return [...(this.isOwn ? CONTROL_PLANE_TOOLS : []), ...(installedPulumi() === undefined ? PULUMI_TOOLS : [])];
  }

  private async start(progress: (what: string) => void): Promise<void> {
    const { root, port, signal } = this.options;
    const folder = controlPlaneFolder(root);
    const running = await runningControlPlane(folder);
    if (running === undefined) {
      this.startedHere = true;
    } else if (port !== undefined && !running.server.endsWith(`:${String(port)}`)) {
      throw new UserError(`The local control plane runs at ${running.server} already; npm run try:down stops it.`);
    }
    const tools = await buildTools(root, CONTROL_PLANE_TOOLS, progress, signal);
    this.cluster = running ?? (await startControlPlane(folder, tools, { port, progress, signal }));
    await grantDeployer(root, this.cluster, signal);
    await prepareOwn(this.cluster, known(this.recording), signal);
  }

  private async reach(progress: (what: string) => void): Promise<void> {
    const { root, stack, signal } = this.options;
    this.cluster = await reachCluster(root, this.options, progress, signal);
    this.memory = new Memory(root, stack, await clusterIdentity(this.cluster, signal));
  }

  private async deploy(progress: (what: string) => void): Promise<void> {
    const { root, stack, signal } = this.options;
    const memory = known(this.memory);
    memory.refuseFormer(stack);
    this.pulumi = await providePulumi(root, progress, signal);
    const reached = known(this.cluster);
    const cluster = this.isOwn ? asDeployer(reached) : reached;
    this.outputs = await deployStack(this.pulumi, {
      root,
      stack,
      cluster,
      isOwn: this.isOwn,
      secrets: this.secrets,
      config: { ...this.config, "vapora:cluster": clusterConfig(this.config["vapora:cluster"], cluster) },
      recording: known(this.recording),
      folder: memory.folder,
      progress,
      signal,
    });
  }

  private async wait(progress: (what: string) => void): Promise<void> {
    await waitUntilReady(known(this.cluster), known(this.recording), READY_TIMEOUT, progress, this.options.signal);
  }

  /** With the rights of its own team, not with the platform's. */
  private async deployConsumer(progress: (what: string) => void): Promise<void> {
    const { root, signal } = this.options;
    const [cluster, recording, { folder }] = [known(this.cluster), known(this.recording), known(this.memory)];
    const platform = { root, cluster, isOwn: this.isOwn, folder, recording, progress, signal };
    this.consumer = await deployConsumer(known(this.pulumi), platform);
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
export async function removeFrom(options: Omit<TryOptions, "port">, progress: (what: string) => void): Promise<void> {
  const { root, stack, signal } = options;
  const cluster = await reachCluster(root, options, progress, signal);
  const memory = new Memory(root, stack, await clusterIdentity(cluster, signal));
  if (!memory.isDeployed()) throw new UserError(`Nothing was deployed there as stack ${stack} from this folder.`);
  memory.refuseFormer(stack);
  const pulumi = await providePulumi(root, progress, signal);
  const deployed = { root, stack, cluster, isOwn: false, folder: memory.folder, progress, signal };
  await removeConsumer(pulumi, deployed);
  await removeStack(pulumi, deployed);
  memory.forget();
}

function clusterConfig(own: unknown, { kubeconfig, context }: Cluster): unknown {
  return { ...(own as object), kubeconfig, ...(context === undefined ? {} : { context }) };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the try-out's steps were run out of order");
  return value;
}
