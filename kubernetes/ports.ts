/** Named ports. */
import type * as k8s from "@pulumi/kubernetes";

/** Port numbers by name, e.g. `{ http: 8080, metrics: 9090 }`. The first one is the one a URL points to. */
export type Ports = Readonly<Record<string, number>>;

/** Ports of a container. */
export function containerPorts(ports: Ports): k8s.types.input.core.v1.ContainerPort[] {
  return Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" }));
}

/** Ports of a Service: the same number inside and outside. */
export function servicePorts(ports: Ports): k8s.types.input.core.v1.ServicePort[] {
  return Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: port, protocol: "TCP" }));
}

/** The first port. */
export function mainPort(ports: Ports): number {
  const [first] = Object.values(ports);
  if (first === undefined) throw new Error("a service needs at least one port");
  return first;
}
