/** What a stack looks like from outside: who reaches whom, and the addresses that lead in. */
import { haveCommonAddress } from "./ip-ranges";
import type { Addresses } from "./ip-ranges";
import { isPod } from "./network-policy";
import type { End, NetworkPolicy } from "./network-policy";
import { pod, reachability, SURROUNDINGS } from "./reachability";
import type { Outsiders } from "./reachability";
import { kubernetesObjects } from "../recording/recording";
import type { KubernetesObject, Recording } from "../recording/recording";

/** What is new and what is gone, as lines for a person. */
export interface Gains {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

interface Way {
  readonly rules?: readonly { readonly host?: string }[];
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
  readonly hostnames?: readonly string[];
  readonly type?: string;
  readonly ports?: readonly { readonly port: number }[];
}

/** Connections that one recording allows and the other does not: `backend -> nats: client 4222/TCP`. */
export function reachabilityChanges(base: Recording, head: Recording): Gains {
  const outsiders = outsidersOf([base, head]);
  return gains(connections(base, outsiders), connections(head, outsiders));
}

/** Addresses at which the cluster lets requests in, that one recording has and the other does not. */
export function endpointChanges(base: Recording, head: Recording): Gains {
  return gains(endpoints(base), endpoints(head));
}

/** Outputs of the stack that other stacks read, whose value differs. */
export function outputChanges(base: Recording, head: Recording): string[] {
  const names = [...new Set([...Object.keys(base.outputs), ...Object.keys(head.outputs)])].sort();
  return names.filter((name) => JSON.stringify(base.outputs[name]) !== JSON.stringify(head.outputs[name]));
}

/** What every cluster has around a stack, and each namespace and address range that a policy names, by itself. */
function outsidersOf(recordings: readonly Recording[]): Outsiders {
  const objects = recordings.flatMap(kubernetesObjects).map(({ object }) => object);
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as unknown as NetworkPolicy[];
  const own = policies.map(({ metadata }) => metadata.namespace);
  const known = Object.values(SURROUNDINGS).flatMap((end) => (isPod(end) ? [end.namespace] : []));
  const peers = policies.flatMap(({ spec: { ingress = [], egress = [] } }) => [
    ...ingress.flatMap(({ from = [] }) => from),
    ...egress.flatMap(({ to = [] }) => to),
  ]);
  const namespaces = peers.flatMap(
    ({ namespaceSelector }) => namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] ?? [],
  );
  const ranges = [...new Set(peers.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []))];
  const within = (cidr: string): string[] =>
    ranges.filter((range) => bits(range) > bits(cidr) && haveCommonAddress({ cidr: range }, { cidr }));
  const butNamed = ({ cidr, except = [] }: Addresses): Addresses => ({ cidr, except: [...except, ...within(cidr)] });
  return Object.fromEntries([
    ...Object.entries(SURROUNDINGS).map(([name, end]): [string, End] => [name, isPod(end) ? end : butNamed(end)]),
    ...Object.values(SURROUNDINGS)
      .flatMap((end) => (isPod(end) ? [] : within(end.cidr)))
      .map((cidr): [string, End] => [cidr, butNamed({ cidr })]),
    ...namespaces
      .filter((name) => !own.includes(name) && !known.includes(name))
      .map((name): [string, End] => [`a pod of namespace ${name}`, pod(name)]),
  ]);
}

function bits(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function connections(recording: Recording, outsiders: Outsiders): string[] {
  return Object.entries(reachability(recording, outsiders)).flatMap(([caller, row]) =>
    Object.entries(row).flatMap(([callee, ports]) => ports.map((port) => `${caller} -> ${callee}: ${port}`)),
  );
}

function endpoints(recording: Recording): string[] {
  return kubernetesObjects(recording).flatMap(({ object }) => endpointsOf(object));
}

function endpointsOf(object: KubernetesObject): string[] {
  const { kind, metadata } = object;
  const spec = (object.spec ?? {}) as Way;
  const named = (address: string): string => `${address} (${kind} ${metadata.name})`;
  if (kind === "Ingress") {
    const encrypted = (spec.tls ?? []).flatMap(({ hosts = [] }) => hosts);
    return (spec.rules ?? []).map(({ host = "*" }) =>
      named(`${encrypted.includes(host) ? "https" : "http"}://${host}`),
    );
  }
  // which scheme it is, is the listener's matter
  if (kind === "HTTPRoute") return (spec.hostnames ?? []).map((host) => named(`//${host}`));
  if (kind !== "Service" || (spec.type !== "LoadBalancer" && spec.type !== "NodePort")) return [];
  return (spec.ports ?? []).map(({ port }) => named(`${spec.type ?? ""} port ${String(port)}`));
}

function gains(before: readonly string[], after: readonly string[]): Gains {
  const [old, now] = [new Set(before), new Set(after)];
  return { gained: [...now].filter((line) => !old.has(line)), lost: [...old].filter((line) => !now.has(line)) };
}
