/** Who may reach whom on which port, from the pods and the NetworkPolicies of a recording alone. */
import { at } from "./compare/change";
import { templatePath } from "./compare/pod-inputs";
import type { Addresses } from "./ip-ranges";
import { ALL_PORTS, allowedPorts, isPod } from "./network-policy";
import type { End, NetworkPolicy, Pod, PortRange } from "./network-policy";
import { kubernetesObjects } from "../recording/recording";
import type { KubernetesObject, Recording } from "../recording/recording";

/** Who is outside a stack, by the name it gets in the matrix. No policy of the stack governs it. */
export type Outsiders = Readonly<Record<string, End>>;

/** Ports by callee by caller; a pair that cannot connect is not in it. */
export type Reachability = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}

interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
  };
}

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
const METADATA = "169.254.169.254/32";
/** No address of the internet: this host, link-local, multicast and reserved. */
const SPECIAL = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"];

/** Whom every cluster has around a stack: ranges of addresses, and pods of other namespaces. */
export const SURROUNDINGS: Outsiders = {
  internet: { cidr: "0.0.0.0/0", except: [...PRIVATE, ...SPECIAL] },
  "internet (IPv6)": { cidr: "2000::/3" },
  ...Object.fromEntries(PRIVATE.map((cidr): [string, Addresses] => [`private ${cidr}`, { cidr }])),
  "private fc00::/7": { cidr: "fc00::/7" },
  "metadata service": { cidr: METADATA },
  "link-local 169.254.0.0/16": { cidr: "169.254.0.0/16", except: [METADATA] },
  "link-local fe80::/10": { cidr: "fe80::/10" },
  "cluster DNS": pod("kube-system", { "k8s-app": "kube-dns" }, [53, "UDP", "dns"], [53, "TCP", "dns-tcp"]),
  "another pod of kube-system": pod("kube-system", { "k8s-app": "metrics-server" }),
  "a pod of another namespace": pod("another", { app: "another" }),
  "a scraper in monitoring": pod("monitoring", { "app.kubernetes.io/name": "prometheus" }),
  "an ingress controller": pod("ingress-nginx", { "app.kubernetes.io/name": "ingress-nginx" }),
};

/** A pod for {@link Outsiders}, with ports as number, protocol and name. */
export function pod(
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
  ...ports: readonly [port: number, protocol?: string, name?: string][]
): Pod {
  return {
    namespace,
    namespaceLabels: { "kubernetes.io/metadata.name": namespace },
    labels,
    ports: ports.map(([port, protocol = "TCP", name]) => ({ port, protocol, ...(name === undefined ? {} : { name }) })),
  };
}

/**
 * The matrix of a stack's workloads, a pod in its namespace that belongs to none of them, and `outsiders`. How a
 * workload reaches itself is how one of its pods reaches another. Policies do not see what a node itself sends.
 */
export function reachability(recording: Recording, outsiders: Outsiders = SURROUNDINGS): Reachability {
  const objects = kubernetesObjects(recording).map(({ object }) => object);
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as unknown as NetworkPolicy[];
  const workloads = workloadPods(objects);
  const strangers = [...new Set(Object.values(workloads).map(({ namespace }) => namespace))].map(
    (namespace): [string, End] => [`a stranger in ${namespace}`, withNamespace(objects, pod(namespace))],
  );
  const insiders: Record<string, End> = { ...workloads, ...Object.fromEntries(strangers) };
  const everybody = Object.entries({ ...insiders, ...outsiders });

  const row = (caller: string, from: End): Record<string, string[]> => {
    const cells = everybody
      // how outsiders reach each other is no matter of this stack
      .filter(([callee]) => caller in insiders || callee in insiders)
      .map(([callee, to]): [string, string[]] => [
        callee,
        describePorts(
          common(allowedPorts(policies, "Egress", from, to), allowedPorts(policies, "Ingress", from, to)),
          to,
        ),
      ]);
    return Object.fromEntries(cells.filter(([, ports]) => ports.length > 0));
  };
  return Object.fromEntries(everybody.map(([caller, from]) => [caller, row(caller, from)]));
}

/** One pod per workload, by the workload's name. @throws Error for one that policies do not govern. */
function workloadPods(objects: readonly KubernetesObject[]): Record<string, Pod> {
  const found = objects.flatMap((object): [string, Pod][] => {
    const template = podTemplate(object);
    if (template === undefined) return [];
    const { name, namespace = "default" } = object.metadata;
    // such a pod has its node's address, for which no policy holds
    if (template.spec.hostNetwork === true) throw new Error(`${object.kind} ${name} uses its node's network`);
    const containers = [...(template.spec.initContainers ?? []), ...template.spec.containers];
    const ports = containers
      .flatMap((container) => container.ports ?? [])
      .map(({ containerPort, protocol = "TCP", ...rest }) => ({ ...rest, port: containerPort, protocol }));
    return [[nameOf(object), withNamespace(objects, { ...pod(namespace, template.metadata?.labels), ports })]];
  });
  return Object.fromEntries(found);
}

function podTemplate(object: KubernetesObject): PodTemplate | undefined {
  const path = templatePath(object.kind);
  return path && (at(object, ...path) as PodTemplate);
}

/** The name of a Job ends with a digest, which is not what a matrix is about: its app stands for it. */
function nameOf({ kind, metadata }: KubernetesObject): string {
  const { app } = (metadata.labels ?? {}) as Readonly<Record<string, string>>;
  return kind === "Job" ? (app ?? metadata.name) : metadata.name;
}

/** The pod with the labels its namespace gets from the stack. */
function withNamespace(objects: readonly KubernetesObject[], inside: Pod): Pod {
  const made = objects.find(({ kind, metadata }) => kind === "Namespace" && metadata.name === inside.namespace);
  const labels = (made?.metadata.labels ?? {}) as Readonly<Record<string, string>>;
  return { ...inside, namespaceLabels: { ...labels, ...inside.namespaceLabels } };
}

/** Ports in both, each once. */
function common(one: readonly PortRange[], other: readonly PortRange[]): PortRange[] {
  const both = one.flatMap(({ protocol, first, last }) =>
    other
      .filter((range) => range.protocol === protocol && range.first <= last && range.last >= first)
      .map((range) => ({ protocol, first: Math.max(first, range.first), last: Math.min(last, range.last) })),
  );
  const sorted = both.sort((a, b) => a.protocol.localeCompare(b.protocol) || a.first - b.first);
  return sorted.reduce<PortRange[]>((joined, range) => {
    const before = joined.at(-1);
    if (before?.protocol !== range.protocol || before.last < range.first) return [...joined, range];
    return [...joined.slice(0, -1), { ...before, last: Math.max(before.last, range.last) }];
  }, []);
}

/** As a reader knows them, e.g. `http 8080/TCP`; `any` for all. */
function describePorts(ranges: readonly PortRange[], callee: End): string[] {
  if (JSON.stringify(ranges) === JSON.stringify(ALL_PORTS)) return ["any"];
  return ranges.map(({ protocol, first, last }) => {
    const named = isPod(callee)
      ? callee.ports.find((candidate) => candidate.port === first && candidate.protocol === protocol)
      : undefined;
    const name = first === last && named?.name !== undefined ? `${named.name} ` : "";
    return `${name}${first === last ? String(first) : `${String(first)}-${String(last)}`}/${protocol}`;
  });
}
