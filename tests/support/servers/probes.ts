/** Asks the probes of a pod template as a kubelet does. */
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { connect } from "node:net";
import type { Container } from "./container";
import type { HttpGet, Probe } from "./template";

/** Asks once. Returns undefined if it succeeds, else what went wrong. */
export async function probeOnce(container: Container, probe: Probe): Promise<string | undefined> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) return httpGet(container, probe.httpGet, timeout);
  if (probe.tcpSocket !== undefined) {
    return tcpSocket(probe.tcpSocket.host ?? container.address, portOf(container, probe.tcpSocket.port), timeout);
  }
  if (probe.exec !== undefined) {
    const { code, output } = await container.exec(probe.exec.command, { timeout });
    return code === 0 ? undefined : `exit code ${String(code)}: ${output.trim()}`;
  }
  throw new Error(`a probe of a kind that is not known here: ${JSON.stringify(probe)}`);
}

/** Succeeds with 200 to 399. */
export function httpGet(container: Container, get: HttpGet, timeout: number): Promise<string | undefined> {
  const { path = "/", scheme = "HTTP", host = container.address, httpHeaders = [] } = get;
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  const options = { host, port: portOf(container, get.port), path, headers, agent: false };
  return new Promise((resolve) => {
    // a kubelet does not verify certificates
    const asked = scheme === "HTTPS" ? requestTls({ ...options, rejectUnauthorized: false }) : requestPlain(options);
    // the whole of it, and not the silence alone
    const timer = setTimeout(() => asked.destroy(new Error("timeout")), timeout);
    asked.on("response", (response) => {
      const { statusCode = 0 } = response;
      clearTimeout(timer);
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `status ${String(statusCode)}`);
    });
    asked.on("error", ({ message }) => {
      clearTimeout(timer);
      resolve(message);
    });
    asked.end();
  });
}

function tcpSocket(host: string, port: number, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const end = (result?: string): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => {
      end();
    });
    socket.on("timeout", () => {
      end("timeout");
    });
    socket.on("error", ({ message }) => {
      end(message);
    });
  });
}

function portOf({ spec }: Container, port: number | string): number {
  if (typeof port === "number") return port;
  const found = spec.container.ports?.find(({ name }) => name === port);
  if (found === undefined) throw new Error(`${spec.container.name} has no port ${port}`);
  return found.containerPort;
}
