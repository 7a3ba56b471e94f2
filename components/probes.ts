/** Probes. */
import type * as k8s from "@pulumi/kubernetes";

type Probe = k8s.types.input.core.v1.Probe;

/** A probe that asks for a path and takes any status from 200 to 399 for yes. */
export function httpGet(
  path: string,
  port: number,
  timing: Pick<Probe, "initialDelaySeconds" | "periodSeconds">,
): Probe {
  return { httpGet: { path, port }, ...timing };
}
