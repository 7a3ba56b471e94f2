/** The NetworkPolicies that follow from the traffic table; its rows are in index.ts. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Senders } from "../config/schema/exposure";
import type { Network } from "../config/schema/network";
import { labelsOf, selectorLabels } from "../kubernetes/labels";
import { unlessEmpty } from "../kubernetes/lists";
import type { Outside, Party, Pods, TrafficTable } from "../kubernetes/traffic";

type Rule = k8s.types.input.networking.v1.NetworkPolicyIngressRule &
  k8s.types.input.networking.v1.NetworkPolicyEgressRule;
type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Name of the port that is scraped. */
const METRICS = "metrics";

export type NetworkPoliciesArgs = Network & {
  readonly namespace: pulumi.Input<string>;
  /** Who calls whom. */
  readonly table: TrafficTable;
  /** Who that is, by name in the table; one that is not there in this stack is undefined. */
  readonly parties: Readonly<Record<string, { readonly party: Party } | undefined>>;
};

/** Default deny for the namespace, and for each workload a NetworkPolicy with what the table lets in and out. */
export class NetworkPolicies extends pulumi.ComponentResource {
  public constructor(name: string, args: NetworkPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:NetworkPolicies", name, {}, opts);
    const { table } = args;
    const policy = (
      logicalName: string,
      app: string,
      spec: Omit<k8s.types.input.networking.v1.NetworkPolicySpec, "policyTypes">,
    ): k8s.networking.v1.NetworkPolicy =>
      new k8s.networking.v1.NetworkPolicy(
        logicalName,
        {
          metadata: { name: app, namespace: args.namespace, labels: labelsOf({ app, component: "network" }) },
          spec: { policyTypes: ["Ingress", "Egress"], ...spec },
        },
        { parent: this },
      );

    policy(`${name}-default-deny`, "default-deny", { podSelector: {} });
    for (const [caller, { party } = {}] of Object.entries(args.parties)) {
      if (party === undefined || !isPods(party)) continue;
      policy(`${name}-${party.app}`, party.app, {
        podSelector: { matchLabels: selectorLabels(party) },
        ingress: unlessEmpty(ingress(caller, party, args)),
        egress: unlessEmpty(egress(caller, party, args)),
      });
    }
    this.registerOutputs({ table });
  }
}

function isPods(party: Party): party is Pods {
  return "app" in party;
}

function ingress(name: string, party: Pods, { table, parties, monitoring, clients }: NetworkPoliciesArgs): Rule[] {
  const callers = Object.entries(table).flatMap(([caller, calls]) => {
    const [from, port] = [parties[caller]?.party, calls[name]];
    return from === undefined || port === undefined || !isPods(from) ? [] : [{ from, port }];
  });
  const [main = ""] = Object.keys(party.ports);
  const others: Readonly<Partial<Record<string, string[]>>> = clients ?? {};
  const scraped = monitoring === undefined || !(METRICS in party.ports) ? [] : [monitoring.namespace];
  return [
    ...callers.map(({ from, port }) => ({ from: [pods(from)], ports: [tcp(party, port)] })),
    ...peers(party, (peer) => ({ from: [peer] })),
    ...[...(party.openTo ?? []).flatMap(senders), ...(others[name] ?? []).map((other) => [podsIn(other)])].map(
      (from) => ({ from, ports: [tcp(party, main)] }),
    ),
    ...scraped.map((namespace) => ({ from: [podsIn(namespace)], ports: [tcp(party, METRICS)] })),
  ];
}

/** Where requests come from, each as peers of one rule. */
function senders({ controllerNamespace, ranges = [] }: Senders): Peer[][] {
  return [
    ...(controllerNamespace === undefined ? [] : [[podsIn(controllerNamespace)]]),
    ...(ranges.length === 0 ? [] : [blocks({ ranges })]),
  ];
}

/** Any caller needs DNS. */
function egress(name: string, party: Pods, { table, parties, dns }: NetworkPoliciesArgs): Rule[] {
  const callees = Object.entries(table[name] ?? {}).flatMap(([callee, port]) => {
    const to = parties[callee]?.party;
    return to === undefined ? [] : [{ to: isPods(to) ? [pods(to)] : blocks(to), ports: [tcp(to, port)] }];
  });
  const rules = [...callees, ...peers(party, (peer) => ({ to: [peer] }))];
  return rules.length === 0 ? [] : [...rules, ...lookups(dns)];
}

function peers(party: Pods, direction: (peer: Peer) => Rule): Rule[] {
  const ports = party.peerPorts ?? [];
  return ports.length === 0 ? [] : [{ ...direction(pods(party)), ports: ports.map((port) => tcp(party, port)) }];
}

function lookups({ namespace, port, ranges = [] }: Network["dns"]): Rule[] {
  const on = (numbers: readonly number[]): Rule["ports"] =>
    numbers.flatMap((number) => ["UDP", "TCP"].map((protocol) => ({ protocol, port: number })));
  const servers = { to: [podsIn(namespace)], ports: on([...new Set([53, port])]) };
  return ranges.length === 0 ? [servers] : [servers, { to: blocks({ ranges }), ports: on([53]) }];
}

function pods(party: Pods): Peer {
  return { podSelector: { matchLabels: selectorLabels(party) } };
}

/** All pods of a namespace, which is told by the label every namespace has. */
function podsIn(namespace: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

function blocks({ ranges, except = [] }: Pick<Outside, "ranges" | "except">): Peer[] {
  return ranges.map((cidr) => ({ ipBlock: except.length === 0 ? { cidr } : { cidr, except: [...except] } }));
}

function tcp({ ports }: Party, name: string): { readonly protocol: "TCP"; readonly port: number } {
  const port = ports[name];
  if (port === undefined) throw new Error(`there is no port ${name} among ${Object.keys(ports).join(", ")}`);
  return { protocol: "TCP", port };
}
