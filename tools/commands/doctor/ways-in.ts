/** What the ways in from outside need and somebody else makes: certificates, classes, gateways, controllers. */
import type { Exposure } from "../../../config/schema/exposure";
import { plainSettings } from "../../recording/open-config";
import type { LiveObject } from "../../cluster/live";
import { error, Forbidden, list, setting, warning } from "./finding";
import type { Found, Patient } from "./finding";
import { lookUp, named } from "./need";

type Ingress = NonNullable<Exposure["ingress"]>;
type Gateway = NonNullable<Exposure["gateway"]>;
type Look = () => Promise<Found[]>;

/** A service's way in. */
interface Way {
  readonly patient: Patient;
  readonly service: string;
  /** Where the stack says it, e.g. `frontend.exposure.ingress`. */
  readonly path: string;
  /** The stack's. */
  readonly namespace: string;
}

interface IngressClass {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

interface Listener {
  readonly name: string;
  readonly protocol: string;
  readonly hostname?: string;
  readonly allowedRoutes?: { readonly namespaces?: { readonly from?: string } };
}

const TLS = "kubernetes.io/tls";
const IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class";
const CERT_MANAGER = "cert-manager.io";

/** What to look up for the stack's ways in. */
export function waysIn(patient: Patient): Look[] {
  const { backend, frontend, namespace } = plainSettings(patient.file);
  return Object.entries({ backend, frontend }).flatMap(([service, settings]) => {
    const { ingress, gateway } = settings?.exposure ?? {};
    const way = (kind: string): Way => ({
      ...{ patient, service, path: `${service}.exposure.${kind}` },
      namespace: namespace?.name ?? "",
    });
    return [
      ...(ingress === undefined ? [] : ingressLooks(way("ingress"), ingress)),
      ...(gateway === undefined ? [] : gatewayLooks(way("gateway"), gateway)),
    ];
  });
}

function ingressLooks(way: Way, ingress: Ingress): Look[] {
  return [
    ...certificateLooks(way, ingress),
    () => classFound(way, ingress.className),
    ...controllerLooks(way, ingress),
  ];
}

/** The Secret with the certificate; or, where cert-manager makes it, who issues that. */
function certificateLooks({ patient, path, namespace }: Way, { tlsSecret, annotations = {} }: Ingress): Look[] {
  const of = (name: string): string | undefined => annotations[`${CERT_MANAGER}/${name}`];
  const [cluster, own] = [of("cluster-issuer"), of("issuer")];
  if (cluster !== undefined || own !== undefined || annotations["kubernetes.io/tls-acme"] === "true") {
    // an issuer of another kind is served by others
    if (of("issuer-kind") !== undefined || of("issuer-group") !== undefined) return [];
    const issuers = [
      ...(cluster === undefined ? [] : [named("ClusterIssuer", cluster, undefined, `${CERT_MANAGER}/v1`)]),
      ...(own === undefined ? [] : [named("Issuer", own, namespace, `${CERT_MANAGER}/v1`)]),
    ];
    return issuers.map((object) => () => lookUp(patient, { object, who: path }));
  }
  const make = `kubectl create secret tls ${tlsSecret} -n ${namespace} --cert=<file> --key=<file>`;
  const anew = `Its type never changes. Type: kubectl delete secret ${tlsSecret} -n ${namespace}\nand then: ${make}`;
  const need = {
    ...{ object: named("Secret", tlsSecret, namespace), who: path },
    ...{ keys: ["tls.crt", "tls.key"], fix: `Type: ${make}` },
    check: ({ type }: LiveObject) =>
      type === TLS ? [] : [error(`Secret ${tlsSecret} is of type ${String(type)}; ${path} needs one of ${TLS}.`, anew)],
  };
  return [() => lookUp(patient, need)];
}

function gatewayLooks(way: Way, gateway: Gateway): Look[] {
  const { patient, path } = way;
  const need = {
    object: named("Gateway", gateway.name, gateway.namespace, "gateway.networking.k8s.io/v1"),
    who: path,
    fix: `Make it before the deployment, or name another. ${setting(patient, `${path}.name`, "<name>")}`,
    check: (live: LiveObject) => listenerFound(way, gateway, live),
  };
  return [() => lookUp(patient, need), ...controllerLooks(way, gateway)];
}

/** The Gateway's listener takes the route's host, from the route's namespace. */
function listenerFound({ patient, path, namespace }: Way, gateway: Gateway, { spec }: LiveObject): Found[] {
  const { listeners = [] } = (spec ?? {}) as { readonly listeners?: readonly Listener[] };
  const listener = listeners.find(({ name }) => name === gateway.listener);
  if (listener?.protocol !== "HTTPS") {
    const others = listeners.filter(({ protocol }) => protocol === "HTTPS").map(({ name }) => name);
    const of = listener === undefined ? "has none" : `has one of protocol ${listener.protocol}`;
    return [
      error(
        `${path} names the HTTPS listener ${gateway.listener}; Gateway ${gateway.name} ${of} of that name.`,
        `Its HTTPS listeners: ${others.join(", ") || "none"}. ${setting(patient, `${path}.listener`, others[0] ?? "<name>")}`,
      ),
    ];
  }
  const { hostname = "", allowedRoutes } = listener;
  const title = `Listener ${gateway.listener} of Gateway ${gateway.name}`;
  const isRefused = (allowedRoutes?.namespaces?.from ?? "Same") === "Same" && gateway.namespace !== namespace;
  return [
    ...(takes(hostname, gateway.host)
      ? []
      : [
          error(
            `${title} is for ${hostname}, not for ${gateway.host}.`,
            `Name another listener, or another host. ${setting(patient, `${path}.host`, "<host>")}`,
          ),
        ]),
    ...(isRefused
      ? [
          error(
            `${title} takes routes of its own namespace alone, not of ${namespace}.`,
            `Type: kubectl edit gateways.gateway.networking.k8s.io ${gateway.name} -n ${gateway.namespace}\n` +
              "and set allowedRoutes.namespaces of the listener.",
          ),
        ]
      : []),
  ];
}

/** True if a listener for a host name, or for a wildcard of one, takes a host. */
function takes(hostname: string, host: string): boolean {
  if (hostname === "" || hostname === host) return true;
  return hostname.startsWith("*.") && host.endsWith(hostname.slice(1));
}

async function classFound({ patient, path }: Way, name: string | undefined): Promise<Found[]> {
  let classes: IngressClass[];
  try {
    classes = await list<IngressClass>(patient, "ingressclasses.networking.k8s.io");
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return [warning(`The deployer may not list ingress classes; that of ${path} was not looked at.`)];
  }
  const names = classes.map(({ metadata }) => metadata.name);
  const isThere =
    name === undefined
      ? classes.some(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === "true")
      : names.includes(name);
  if (isThere) return [];
  const [first] = names;
  return [
    error(
      name === undefined
        ? `${path} names no ingress class, and the cluster has no default one.`
        : `There is no ingress class ${name}, which ${path} names.`,
      first === undefined
        ? "Install an ingress controller; the cluster has no ingress class at all."
        : `The cluster has: ${names.join(", ")}. ${setting(patient, `${path}.className`, first)}`,
    ),
  ];
}

/** Addresses alone tell of no pod. */
function controllerLooks(way: Way, { controllerNamespace }: Ingress | Gateway): Look[] {
  return controllerNamespace === undefined ? [] : [() => controllerFound(way, controllerNamespace)];
}

/** Where requests come from the pods of a controller, there must be pods in its namespace. */
async function controllerFound({ patient, service, path }: Way, namespace: string): Promise<Found[]> {
  try {
    if ((await list(patient, "pods", "-n", namespace)).length > 0) return [];
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return [
      warning(`The deployer may not list the pods of ${namespace}; whether a controller runs there was not seen.`),
    ];
  }
  return [
    error(
      `No pod is in namespace ${namespace}, from which requests to ${service} are let in.`,
      `Install the controller there, or name its namespace. ${setting(patient, `${path}.controllerNamespace`, "<namespace>")}`,
    ),
  ];
}
