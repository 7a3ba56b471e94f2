/** An API server that misbehaves: a proxy in front of the real one, which decides about every write. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Agent, request as forward } from "node:https";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { parse, stringify } from "yaml";
import type { Cluster } from "../../tools/cluster/kubectl";

/** A request that changes something on the cluster. What only notes who manages which field is none. */
export interface Write {
  /** Counted from 1 since the last {@link FaultProxy.expect}. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
}

/**
 * What becomes of a write.
 * - answer: it never reaches the server, and this status comes back
 * - cut: it never reaches the server, and the connection ends
 * - lose: the server commits it, `then` runs, and the connection ends without an answer
 * - delay: it goes through after so many milliseconds
 */
export type Fault =
  | { readonly kind: "answer"; readonly status: number }
  | { readonly kind: "cut" }
  | { readonly kind: "lose"; readonly then?: () => void }
  | { readonly kind: "delay"; readonly milliseconds: number };

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

const WRITES = ["POST", "PUT", "PATCH", "DELETE"];
/** The provider tidies an object's managed fields with one of these before it applies anything to it. */
const TIDYING = "application/json-patch+json";

/** The proxy. It speaks plain HTTP on a loopback port; its kubeconfig is the cluster's with that address. */
export class FaultProxy {
  public readonly kubeconfig: string;
  /** Writes that came since the last {@link expect}. */
  public readonly writes: Write[] = [];
  private decide: (write: Write) => Fault | undefined = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    /** Clients send none over plain HTTP. */
    private readonly token: string,
    cluster: Cluster,
  ) {
    const { port } = server.address() as AddressInfo;
    const config = parse(readFileSync(cluster.kubeconfig, "utf8")) as Kubeconfig;
    const clusters = config.clusters.map(({ name }) => ({
      name,
      cluster: { server: `http://127.0.0.1:${String(port)}` },
    }));
    this.kubeconfig = `${cluster.kubeconfig}-proxy-${String(port)}`;
    writeFileSync(this.kubeconfig, stringify({ ...config, clusters }), { mode: 0o600 });
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => {
      this.handle(asked, answer);
    });
  }

  /** Starts a proxy in front of a cluster. */
  public static async start(cluster: Cluster): Promise<FaultProxy> {
    const config = parse(readFileSync(cluster.kubeconfig, "utf8")) as Kubeconfig;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const [target, token] = [config.clusters[0]?.cluster.server, config.users[0]?.user.token];
    return new FaultProxy(server, new URL(target ?? ""), token ?? "", cluster);
  }

  /** From now on this decides about every write; writes are counted anew. @default - all go through */
  public expect(decide: (write: Write) => Fault | undefined = () => undefined): void {
    this.writes.length = 0;
    this.decide = decide;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.kubeconfig, { force: true });
  }

  private handle(asked: IncomingMessage, answer: ServerResponse): void {
    const { method = "GET", url = "/" } = asked;
    const isWrite =
      WRITES.includes(method) &&
      !["dryRun=", "authorization.k8s.io"].some((part) => url.includes(part)) &&
      asked.headers["content-type"] !== TIDYING;
    if (!isWrite) {
      this.pass(asked, answer);
      return;
    }
    const write = { number: this.writes.length + 1, method, path: url.replace(/\?.*$/, "") };
    this.writes.push(write);
    const fault = this.decide(write);
    if (fault === undefined) this.pass(asked, answer);
    else if (fault.kind === "cut") asked.socket.destroy();
    else if (fault.kind === "delay")
      setTimeout(() => {
        this.pass(asked, answer);
      }, fault.milliseconds);
    else if (fault.kind === "answer") refuse(asked, answer, fault.status);
    else this.pass(asked, answer, fault.then ?? (() => undefined));
  }

  /** Sends a request on; with `lost` its answer ends here. */
  private pass(asked: IncomingMessage, answer: ServerResponse, lost?: () => void): void {
    const { method, url } = asked;
    const headers = { ...asked.headers, authorization: `Bearer ${this.token}` };
    const sent = forward(
      { host: this.target.hostname, port: this.target.port, method, path: url, headers, agent: LOCAL },
      (came) => {
        if (lost !== undefined) {
          came.resume();
          came.on("close", () => {
            lost();
            asked.socket.destroy();
          });
          return;
        }
        answer.writeHead(came.statusCode ?? 502, came.headers);
        answer.flushHeaders();
        // an answer that is cut off, such as a watch whose server ends, is cut off for the client as well
        pipeline(came, answer, () => undefined);
      },
    );
    sent.on("error", () => asked.socket.destroy());
    answer.on("close", () => sent.destroy());
    asked.pipe(sent);
  }
}

/** The server's certificate is one it made for itself; it is on this machine. */
const LOCAL = new Agent({ rejectUnauthorized: false, keepAlive: true });

function refuse(asked: IncomingMessage, answer: ServerResponse, status: number): void {
  asked.resume();
  const body = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: `made up: ${String(status)}`,
    code: status,
  };
  answer.writeHead(status, { "content-type": "application/json", "retry-after": "1" });
  answer.end(JSON.stringify(body));
}
