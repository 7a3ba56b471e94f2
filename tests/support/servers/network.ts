/**
 * A network of pods that run real servers, each from the template of a recorded workload.
 *
 * The whole run of jest has namespaces of its own (tools/commands/test/with-servers.ts), so that nothing here reaches the machine's
 * network, and all of it goes with the run however that ends. In there a PodNetwork is a bridge with a range of its own.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { KubernetesObject } from "../../../tools/recording/recording";
import { run } from "../../../tools/shared/processes";
import { onPath } from "../programs";
import { Container } from "./container";
import { contentOf } from "./images";
import { Kubelet } from "./kubelet";
import type { KubeletOptions } from "./kubelet";
import { filesOf } from "./libraries";
import { machine, serverPrograms } from "./machine";
import { MemoryLimit } from "./memory";
import { containerOf, templateOf } from "./template";
import type { ContainerSpec } from "./template";
import { mountsOf, removeFolder } from "./volumes";
import type { Mount } from "./volumes";

/** How a pod is started. */
export interface PodOptions {
  /** The recording's objects: Secrets and ConfigMaps that the template names, Services that find the pod. */
  readonly objects: readonly KubernetesObject[];
  /** The pod's name. @default - `<workload>-0` of a StatefulSet, else the workload's */
  readonly name?: string;
  /** The container. @default - the only one */
  readonly container?: string;
  /** Folders of claims by name. @default - one each, which lives as long as the network */
  readonly volumes?: ReadonlyMap<string, string>;
  /** Whether the container's memory limit holds. @default - where this machine can, it does */
  readonly memoryLimit?: boolean;
}

/** What a container is made from, as often as it is started. */
export interface PodSandbox {
  readonly name: string;
  readonly address: string;
  readonly spec: ContainerSpec;
  /** Starts the pod's container, once the one before has ended. */
  readonly startContainer: () => Promise<Container>;
}

const MOST = 250;

/** Pods that reach each other, and that jest reaches, by address. */
export class PodNetwork {
  private readonly sandboxes = new Map<string, PodSandbox & { readonly index: number; containers: number }>();
  /** The last container of each pod. */
  private readonly running = new Map<string, Container>();
  private readonly addresses = new Map<string, number>();
  private readonly containers: Container[] = [];
  private readonly kubelets: Kubelet[] = [];
  /** What takes away what there is of the network, in the order it was made. */
  private readonly ends: (readonly string[])[] = [];
  private readonly hosts: string;

  private constructor(
    private readonly index: number,
    private readonly folder: string,
  ) {
    this.hosts = join(folder, "hosts");
  }

  /** Makes a network that no other test uses. {@link close} ends all that runs in it. */
  public static async create(): Promise<PodNetwork> {
    const networks = join(machine().folder, "networks");
    mkdirSync(networks, { recursive: true });
    for (let index = 1; index <= MOST; index++) {
      const folder = join(networks, String(index));
      try {
        mkdirSync(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        continue;
      }
      const network = new PodNetwork(index, folder);
      await network.open();
      return network;
    }
    throw new Error("there are too many networks");
  }

  /** Starts the container of a workload's pod, and leaves it alone from then on: nothing asks its probes or restarts it. */
  public async start(workload: KubernetesObject, options: PodOptions): Promise<Container> {
    const sandbox = await this.sandbox(workload, options);
    return sandbox.startContainer();
  }

  /** Runs a workload's pod as a kubelet does: its probes, its restarts, and its end in order. */
  public async run(workload: KubernetesObject, options: PodOptions & KubeletOptions): Promise<Kubelet> {
    const sandbox = await this.sandbox(workload, options);
    const kubelet = await Kubelet.start(sandbox, options);
    this.kubelets.push(kubelet);
    return kubelet;
  }

  /** Where a pod will be, whether or not it runs yet. The same name has the same address. */
  public addressOf(pod: string): string {
    return `${this.range}.${String(this.number(pod))}`;
  }

  /** Folder of a claim that no test has named another for. */
  public claim(name: string): string {
    return join(this.folder, "claims", name);
  }

  /** Ends every pod at once and takes the network away. */
  public async close(): Promise<void> {
    for (const kubelet of this.kubelets) kubelet.abandon();
    await Promise.all(this.containers.map((container) => container.destroy()));
    for (const end of this.ends.reverse()) await ip(...end);
    removeFolder(this.folder);
  }

  private get range(): string {
    return `10.244.${String(this.index)}`;
  }

  private get bridge(): string {
    return `pods${String(this.index)}`;
  }

  private namespace(pod: number): string {
    return `pods${String(this.index)}-${String(pod)}`;
  }

  private number(pod: string): number {
    const number = this.addresses.get(pod) ?? this.addresses.size + 2;
    if (number > MOST) throw new Error("there are too many pods");
    this.addresses.set(pod, number);
    return number;
  }

  private async open(): Promise<void> {
    await ip("link", "add", this.bridge, "type", "bridge");
    this.ends.push(["link", "delete", this.bridge]);
    await ip("address", "add", `${this.range}.1/24`, "dev", this.bridge);
    await ip("link", "set", this.bridge, "up");
    mkdirSync(join(this.folder, "claims"));
    writeFileSync(this.hosts, "127.0.0.1 localhost\n");
    writeFileSync(join(this.folder, "resolv.conf"), `nameserver ${this.range}.1\n`);
    writeFileSync(join(this.folder, "nsswitch.conf"), "hosts: files dns\n");
    // an image has certificates; those of Node are there wherever tests run
    writeFileSync(join(this.folder, "ca-certificates.crt"), `${rootCertificates.join("\n")}\n`);
  }

  private async sandbox(workload: KubernetesObject, options: PodOptions): Promise<PodSandbox> {
    const { kind, metadata } = workload;
    const name = options.name ?? (kind === "StatefulSet" ? `${metadata.name}-0` : metadata.name);
    const { namespace = "default" } = metadata;
    if (this.running.get(name)?.isRunning === true) throw new Error(`a pod ${name} runs already`);
    if (!this.sandboxes.has(name)) await this.connect(name);
    const index = this.number(name);
    const address = this.addressOf(name);
    const spec = containerOf(workload, options.objects, { name, namespace, address }, options.container);
    this.publish(workload, options.objects, name);
    // a pod of the same name is another pod: its emptyDirs are new
    const folder = join(this.folder, `${name}-${String(this.containers.length)}`);
    mkdirSync(folder);
    const sandbox = {
      name,
      address,
      spec,
      index,
      containers: 0,
      startContainer: (): Promise<Container> => this.startContainer(sandbox, folder, options),
    };
    this.sandboxes.set(name, sandbox);
    return sandbox;
  }

  /** A network namespace, which outlives the pod's containers. */
  private async connect(pod: string): Promise<void> {
    const number = this.number(pod);
    const [namespace, link] = [this.namespace(number), `p${String(this.index)}-${String(number)}`];
    // always the same for an address, so that others need not ask for it anew
    const mac = ["02", "00", "0a", "f4", ...[this.index, number].map((part) => part.toString(16).padStart(2, "0"))];
    await ip("netns", "add", namespace);
    this.ends.push(["netns", "delete", namespace]);
    await ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    // with its namespace alone it would go some time later, and be in the way of the next network's
    this.ends.push(["link", "delete", link]);
    await ip("link", "set", link, "master", this.bridge, "up");
    await ip("-n", namespace, "link", "set", "eth0", "address", mac.join(":"));
    await ip("-n", namespace, "address", "add", `${this.addressOf(pod)}/24`, "dev", "eth0");
    await ip("-n", namespace, "link", "set", "eth0", "up");
    await ip("-n", namespace, "link", "set", "lo", "up");
    await ip("-n", namespace, "route", "add", "default", "via", `${this.range}.1`);
  }

  /** Names under which others find the pod. What several pods share leads to all of them, whether they are ready or not. */
  private publish(workload: KubernetesObject, objects: readonly KubernetesObject[], pod: string): void {
    const { labels = {} } = templateOf(workload).metadata ?? {};
    const { serviceName } = workload.spec as { readonly serviceName?: string };
    const names = objects
      .filter(({ kind, spec }) => {
        const { selector } = (spec ?? {}) as { readonly selector?: Readonly<Record<string, string>> };
        return (
          kind === "Service" &&
          selector !== undefined &&
          Object.entries(selector).every(([key, value]) => labels[key] === value)
        );
      })
      .map(({ metadata: { name, namespace = "default" } }) => ({ name, namespace }));
    const own = names
      .filter(({ name }) => name === serviceName)
      .map(({ name, namespace }) => ({ name: `${pod}.${name}`, namespace }));
    const all = [...names, ...own].flatMap(({ name, namespace }) => {
      const full = `${name}.${namespace}`;
      return [name, full, `${full}.svc`, `${full}.svc.cluster.local`];
    });
    appendFileSync(this.hosts, `${this.addressOf(pod)} ${[pod, ...all].join(" ")}\n`);
  }

  private async startContainer(
    sandbox: PodSandbox & { readonly index: number; containers: number },
    folder: string,
    options: PodOptions,
  ): Promise<Container> {
    const { spec } = sandbox;
    const name = `${this.namespace(sandbox.index)}-${String(this.containers.length)}`;
    const content = contentOf(spec.container.image, serverPrograms());
    const entrypoint = spec.command ?? content.entrypoint;
    if (entrypoint === undefined) throw new Error(`${spec.container.image} starts with a script that is not here`);
    const isLimited = options.memoryLimit ?? machine().memory !== undefined;
    const limit = spec.memoryLimit !== undefined && isLimited ? MemoryLimit.create(name, spec.memoryLimit) : undefined;
    const claims = options.volumes ?? new Map<string, string>();
    const mounts: Mount[] = [
      ...(await filesOf(content)),
      ...["hosts", "resolv.conf", "nsswitch.conf"].map((file) => readOnly(join(this.folder, file), `/etc/${file}`)),
      readOnly(join(this.folder, "ca-certificates.crt"), "/etc/ssl/certs/ca-certificates.crt"),
      ...(limit === undefined ? [] : [readOnly(limit.folder, limit.target)]),
      ...mountsOf(spec, options.objects, folder, join(this.folder, "claims"), claims),
    ];
    const container = await Container.start({
      spec,
      argv: [...entrypoint, ...spec.args],
      mounts,
      limit,
      folder: join(folder, `container-${String(sandbox.containers++)}`),
      pod: sandbox.name,
      address: sandbox.address,
      networkNamespace: join("/run/netns", this.namespace(sandbox.index)),
    });
    this.containers.push(container);
    this.running.set(sandbox.name, container);
    return container;
  }
}

function readOnly(source: string, target: string): Mount {
  return { source, target, isReadOnly: true };
}

async function ip(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(onPath("ip") ?? "ip", args);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
