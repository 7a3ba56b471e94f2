/**
 * What NetworkPolicies mean, from their definition in the Kubernetes API alone.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/networking/network-policy-v1/
 */
import { haveCommonAddress } from "./ip-ranges";
import type { Addresses } from "./ip-ranges";

type Labels = Readonly<Record<string, string>>;

/** A label selector. An empty one selects everything. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Whom a rule is about: pods by selectors, or addresses. */
export interface RulePeer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: Addresses;
}

export interface RulePort {
  /** @default TCP */
  readonly protocol?: string;
  /** Number, or name of a port of the pod that is reached. @default - every port */
  readonly port?: number | string;
  /** Last port of a range that starts with `port`. */
  readonly endPort?: number;
}

/** A rule: no peers means everybody, no ports means every port. */
export interface Rule {
  readonly from?: readonly RulePeer[];
  readonly to?: readonly RulePeer[];
  readonly ports?: readonly RulePort[];
}

export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** A pod, as policies see it. */
export interface Pod {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: string }[];
}

/** One end of a connection: a pod, or addresses outside the cluster. */
export type End = Pod | Addresses;

/** Ports of one protocol, from the first to the last. */
export interface PortRange {
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

/** Every port there is. */
export const ALL_PORTS: readonly PortRange[] = ["SCTP", "TCP", "UDP"].map((protocol) => allOf(protocol));

/** Where the addresses of pods lie when a policy speaks of addresses. Clusters choose it; it is always a private range. */
const POD_ADDRESSES: Addresses = { cidr: "10.244.0.0/16" };

/** True for a pod, false for addresses. */
export function isPod(end: End): end is Pod {
  return "labels" in end;
}

/** True if labels fulfil every requirement of a selector. @throws Error for an operator that does not exist. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const hasLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    hasLabels &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          throw new Error(`a selector's operator is '${operator}'`);
      }
    })
  );
}

/**
 * Ports of `callee` that the policies at one end let the connection through to: `Egress` at the caller's, `Ingress`
 * at the callee's. Without a policy for that end and direction it is all of them, with several whatever any allows.
 */
export function allowedPorts(
  policies: readonly NetworkPolicy[],
  direction: "Egress" | "Ingress",
  caller: End,
  callee: End,
): readonly PortRange[] {
  const [here, there] = direction === "Egress" ? [caller, callee] : [callee, caller];
  if (!isPod(here)) return ALL_PORTS;
  const governing = policies.filter(
    (policy) =>
      policy.metadata.namespace === here.namespace &&
      selects(policy.spec.podSelector, here.labels) &&
      directions(policy).includes(direction),
  );
  if (governing.length === 0) return ALL_PORTS;
  return governing.flatMap(({ metadata, spec }) => {
    const rules = (direction === "Egress" ? spec.egress : spec.ingress) ?? [];
    return rules
      .filter((rule) => concerns(direction === "Egress" ? rule.to : rule.from, there, metadata.namespace))
      .flatMap(({ ports = [] }) => (ports.length === 0 ? ALL_PORTS : ports.flatMap((port) => portRange(port, callee))));
  });
}

/** As the API server fills it in: always Ingress, and Egress if there is an egress rule. */
function directions({ spec: { policyTypes = [], egress = [] } }: NetworkPolicy): readonly string[] {
  if (policyTypes.length > 0) return policyTypes;
  return egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

function concerns(peers: readonly RulePeer[] = [], end: End, ownNamespace: string | undefined): boolean {
  return peers.length === 0 || peers.some((peer) => isPeer(peer, end, ownNamespace));
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: RulePeer, end: End, ownNamespace?: string): boolean {
  if (ipBlock !== undefined) return haveCommonAddress(ipBlock, isPod(end) ? POD_ADDRESSES : end);
  if (!isPod(end)) return false;
  const inNamespace =
    namespaceSelector === undefined ? end.namespace === ownNamespace : selects(namespaceSelector, end.namespaceLabels);
  return inNamespace && selects(podSelector ?? {}, end.labels);
}

/** A named port means the callee's port of that name; addresses have no names. */
function portRange({ protocol = "TCP", port, endPort }: RulePort, callee: End): PortRange[] {
  if (port === undefined) return [allOf(protocol)];
  if (typeof port === "number") return [{ protocol, first: port, last: endPort ?? port }];
  const named = isPod(callee) ? callee.ports : [];
  return named
    .filter((candidate) => candidate.name === port && candidate.protocol === protocol)
    .map((found) => ({ protocol, first: found.port, last: found.port }));
}

function allOf(protocol: string): PortRange {
  return { protocol, first: 1, last: 65_535 };
}
