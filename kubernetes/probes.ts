/** Probes: when a container has started, can take work, and is beyond help. */
import type * as k8s from "@pulumi/kubernetes";
import { STARTUP_SECONDS } from "./rollout";

type Probe = k8s.types.input.core.v1.Probe;
type Timing = Pick<Probe, "initialDelaySeconds" | "periodSeconds" | "failureThreshold" | "timeoutSeconds">;

const STARTUP_PERIOD = 5;
/** Kubernetes' own is one second, which a busy server misses. */
const TIMEOUT_SECONDS = 5;

/** A probe that asks for a path and takes any status from 200 to 399 for yes. */
export function httpGet(path: string, port: number, timing: Timing): Probe {
  return { httpGet: { path, port }, timeoutSeconds: TIMEOUT_SECONDS, ...timing };
}

/** A probe that is satisfied by a connection. */
export function tcpSocket(port: number, timing: Timing): Probe {
  return { tcpSocket: { port }, timeoutSeconds: TIMEOUT_SECONDS, ...timing };
}

/** A probe that is satisfied by a command that ends with 0. */
export function exec(command: readonly string[], timing: Timing): Probe {
  return { exec: { command: [...command] }, timeoutSeconds: TIMEOUT_SECONDS, ...timing };
}

/** The same question while the container starts, often, before the other probes begin. */
export function startup(
  { httpGet: http, tcpSocket: tcp, exec: command, timeoutSeconds }: Probe,
  seconds = STARTUP_SECONDS,
  periodSeconds = STARTUP_PERIOD,
): Probe {
  return {
    ...(http === undefined ? {} : { httpGet: http }),
    ...(tcp === undefined ? {} : { tcpSocket: tcp }),
    ...(command === undefined ? {} : { exec: command }),
    periodSeconds,
    timeoutSeconds,
    failureThreshold: Math.ceil(seconds / periodSeconds),
  };
}

/** Readiness by a path where one is known, else by a connection. */
export function readiness(path: string | undefined, port: number): Probe {
  const timing = { periodSeconds: 5 };
  return path === undefined ? tcpSocket(port, timing) : httpGet(path, port, timing);
}
