/** Whether pods may look names up where this cluster has them do it: network policies let nothing else out. */
import { isIPv4 } from "node:net";
import { plainSettings } from "../../recording/open-config";
import { haveCommonAddress } from "../../report/ip-ranges";
import { error, Forbidden, list, ok, setting, warning } from "./finding";
import type { Found, Patient } from "./finding";

interface DnsPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly {
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly ports?: readonly {
        readonly containerPort: number;
        readonly protocol?: string;
        readonly name?: string;
      }[];
    }[];
  };
}

/** Where a server of the cluster's DNS listens. */
interface Server {
  readonly namespace: string;
  readonly port: number;
}

/** A cache on the nodes, outside the pod network. */
interface Cache {
  readonly what: string;
  readonly address: string;
}

const OPENSHIFT = "openshift-dns";

/** The DaemonSet of NodeLocal DNSCache as its installers name it. */
const CACHE_NAME = /^(node-?local-?dns|localdns)/;
/** Where it listens if its arguments do not say it. */
const NODE_LOCAL = "169.254.20.10";

/** AKS runs its LocalDNS as a service of the node; pods are given this address of it. */
const AKS = { label: "kubernetes.azure.com/localdns-state", address: "169.254.10.11" };

/** Lookups are let out to a server of the cluster and to every cache on its nodes. */
export async function dns(patient: Patient): Promise<Found[]> {
  const { namespace, port, ranges = [] } = plainSettings(patient.file).network?.dns ?? { namespace: "", port: 53 };
  const namespaces = [...new Set([namespace, "kube-system", OPENSHIFT])];
  let pods: DnsPod[];
  try {
    pods = (await Promise.all(namespaces.map((name) => list<DnsPod>(patient, "pods", "-n", name)))).flat();
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    const others = namespaces.join(", ");
    return [warning(`The deployer may not list the pods of ${others}; where names are looked up was not seen.`)];
  }
  const caches = [...pods.flatMap(cacheOf), ...(await aksCaches(patient))];
  const closed = [...new Map(caches.map((cache) => [cache.address, cache])).values()].filter(
    ({ address }) => !ranges.some((cidr) => haveCommonAddress({ cidr }, { cidr: `${address}/32` })),
  );
  const servers = pods.flatMap(serverOf);
  const isElsewhere = servers.length === 0 && caches.length + ranges.length > 0;
  const found = [
    ...(isElsewhere ? [] : serversFound(patient, servers, { namespace, port })),
    ...closed.map(({ what, address }, index) =>
      error(
        `Pods look names up at ${address}, where ${what} listens on their node, and network.dns does not let them out to it.`,
        setting(patient, `network.dns.ranges[${String(ranges.length + index)}]`, `${address}/32`),
      ),
    ),
  ];
  if (found.length > 0) return found;
  return [ok(`Lookups are let out to ${[`the DNS of ${namespace}`, ...ranges].join(" and ")}.`)];
}

/** What is wrong with where lookups are let out to in the pod network. */
function serversFound(patient: Patient, servers: readonly Server[], allowed: Server): Found[] {
  const ports = [...new Set([53, allowed.port])];
  if (servers.some(({ namespace, port }) => namespace === allowed.namespace && ports.includes(port))) return [];
  const [server] = servers;
  if (server === undefined) {
    return [
      warning(
        `No server of the cluster's DNS was seen in ${allowed.namespace}; where pods look names up is not known.`,
        "/etc/resolv.conf of any pod names its address. If that is outside the pod network:\n" +
          setting(patient, "network.dns.ranges[0]", "<address>/32"),
      ),
    ];
  }
  const lines = [
    ...(server.namespace === allowed.namespace ? [] : [setting(patient, "network.dns.namespace", server.namespace)]),
    ...(ports.includes(server.port) ? [] : [setting(patient, "network.dns.port", String(server.port))]),
  ];
  return [
    error(
      `The cluster's DNS listens in ${server.namespace} on port ${String(server.port)}; ` +
        `network.dns lets lookups out to ${allowed.namespace} on port ${ports.join(" and ")}.`,
      lines.join("\n"),
    ),
  ];
}

function serverOf({ metadata: { namespace, labels = {} }, spec }: DnsPod): Server[] {
  if (labels["k8s-app"] !== "kube-dns" && labels["dns.operator.openshift.io/daemonset-dns"] === undefined) return [];
  const ports = spec.containers
    .flatMap((container) => container.ports ?? [])
    .filter(({ name, protocol }) => protocol === "UDP" && (name ?? "dns").startsWith("dns"))
    .map(({ containerPort }) => containerPort);
  // in GKE's pod one container caches on 53 what another answers on a port of its own
  return [{ namespace, port: ports.includes(53) ? 53 : (ports[0] ?? 53) }];
}

function cacheOf({ metadata: { name, labels = {} }, spec }: DnsPod): Cache[] {
  if (![name, labels["k8s-app"] ?? ""].some((text) => CACHE_NAME.test(text))) return [];
  const words = spec.containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
  // where Cilium redirects lookups to it, it listens in the pod network alone
  if (words.some((word) => /^--?setupinterface=false$/.test(word))) return [];
  const listed = words.flatMap((word, index) => {
    const flag = /^--?localip(?:=(.*))?$/.exec(word);
    return flag === null ? [] : (flag[1] ?? words[index + 1] ?? "").split(",");
  });
  const addresses = listed.filter((address) => isIPv4(address));
  return (addresses.length > 0 ? addresses : [NODE_LOCAL]).map((address) => ({ what: "NodeLocal DNSCache", address }));
}

/** Nodes say by a label that they have LocalDNS. Whether the deployer may list them is told with their room. */
async function aksCaches(patient: Patient): Promise<Cache[]> {
  try {
    const nodes = await list(patient, "nodes", "-l", `${AKS.label}=enabled`);
    return nodes.length === 0 ? [] : [{ what: "AKS LocalDNS", address: AKS.address }];
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return [];
  }
}
