/** Kubeconfigs that are wrong in one point. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { parse, stringify } from "yaml";
import type { Cluster } from "../../tools/cluster/kubectl";

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

/** Writes a cluster's kubeconfig with other fields of its server and its user. */
export function writeKubeconfig(path: string, { kubeconfig }: Cluster, server: object, user: object = {}): void {
  const text = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const changed = {
    ...text,
    clusters: text.clusters.map((one) => ({ ...one, cluster: { ...one.cluster, ...server } })),
    users: text.users.map((one) => ({ ...one, user: { ...one.user, ...user } })),
  };
  writeFileSync(path, stringify(changed), { mode: 0o600 });
}

/** A server that takes connections and never answers. */
export class BlackHole {
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => this.open.add(socket));
  }

  public static async start(): Promise<BlackHole> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new BlackHole(server);
  }

  public get url(): string {
    return `https://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  public async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
