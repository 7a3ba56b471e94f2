import { z } from "zod";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";
import type { ObjectRule } from "./policy-rule";

const service = z.object({ type: z.string().nullish(), externalIPs: z.array(z.string()).nullish() });
const ingress = z.object({
  defaultBackend: z.object({}).nullish(),
  rules: z.array(z.object({ host: z.string().nullish() })).nullish(),
  tls: z.array(z.object({ hosts: z.array(z.string()).nullish() })).nullish(),
});
const route = z.object({
  parentRefs: z.array(z.object({ sectionName: z.string().nullish(), port: z.number().nullish() })).min(1),
});
const gateway = z.object({ listeners: z.array(z.object({ name: z.string(), protocol: z.string() })).min(1) });

/** Types of Services that are reached from inside the cluster alone. */
const INSIDE = ["ClusterIP", "ExternalName"];
/** Port and names of listeners that speak TLS. A Gateway is another team's: its listeners show by name alone. */
const TLS_PORT = 443;
const TLS_LISTENER = /^(https|tls)/;

/** Nothing is reached from outside the cluster but over TLS. */
export const noPublicServiceWithoutTls: ObjectRule = {
  name: "no-public-service-without-tls",
  why: "What crosses a network in the clear is read and changed on the way.",
  scope: "object",
  check: (object) => {
    const open = openings[object.kind]?.(object) ?? [];
    return open.map(({ fact, instead }) => ({ object, fact, instead }));
  },
};

interface Opening {
  readonly fact: string;
  readonly instead: string;
}

/** By kind, how an object lets traffic in without TLS. */
const openings: Readonly<Partial<Record<string, (object: PolicyObject) => Opening[]>>> = {
  Service: (object) => {
    const { type, externalIPs } = read(service, object.content.spec, object.title);
    const isInside = INSIDE.includes(type ?? "ClusterIP") && (externalIPs ?? []).length === 0;
    const instead = "Use type ClusterIP behind an Ingress with TLS or an HTTPRoute.";
    return isInside ? [] : [{ fact: "is reached from outside the cluster without TLS", instead }];
  },
  Ingress: (object) => {
    const { defaultBackend, rules, tls } = read(ingress, object.content.spec, object.title);
    const covered = (tls ?? []).flatMap(({ hosts }) => hosts ?? []);
    const isOpen =
      (defaultBackend ?? undefined) !== undefined ||
      (rules ?? []).length === 0 ||
      (rules ?? []).some(({ host }) => !covers(covered, host ?? ""));
    const instead = "Name every host under spec.tls, with the Secret that holds its certificate.";
    return isOpen ? [{ fact: "serves a host without TLS", instead }] : [];
  },
  HTTPRoute: attachment,
  GRPCRoute: attachment,
  TLSRoute: () => [],
  TCPRoute: () => [{ fact: "lets plain TCP in", instead: "Use a TLSRoute or an HTTPRoute." }],
  UDPRoute: () => [{ fact: "lets plain UDP in", instead: "Use a TLSRoute or an HTTPRoute." }],
  Gateway: (object) => {
    const { listeners } = read(gateway, object.content.spec, object.title);
    return listeners
      .filter(({ protocol }) => !["HTTPS", "TLS"].includes(protocol))
      .map(({ name }) => ({
        fact: `listens without TLS as ${name}`,
        instead: "Give the listener the protocol HTTPS and a certificate.",
      }));
  },
};

/** A route without a listener's name attaches to all of them, the plain one too. */
function attachment(object: PolicyObject): Opening[] {
  const { parentRefs } = read(route, object.content.spec, object.title);
  const isTls = parentRefs.every(({ sectionName, port }) => port === TLS_PORT || TLS_LISTENER.test(sectionName ?? ""));
  const instead = `Set parentRefs[].sectionName to a listener whose name begins with https, or port to ${String(TLS_PORT)}.`;
  return isTls ? [] : [{ fact: "may be attached to a listener without TLS", instead }];
}

function covers(hosts: readonly string[], host: string): boolean {
  return host !== "" && (hosts.includes(host) || hosts.includes(host.replace(/^[^.]+/, "*")));
}
