import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { bytesOf } from "../config/quantity";
import type { Bundled } from "./data-service";
import { DataService } from "./data-service-base";
import type { DataServiceArgs } from "./data-service-base";
import { digest } from "./digest";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import { DATA_DIR, Store, storeClaim } from "./store";

const PORTS = { client: 4222, monitor: 8222 };
/** The port several servers reach each other on. */
const CLUSTER_PORT = 6222;
const CONFIG_DIR = "/etc/nats";
const COMPONENT = "message-bus";
const PROTOCOL = { component: COMPONENT, portName: "client", port: PORTS.client, schemes: ["nats", "tls"] } as const;
/** Seconds the server takes to hand its clients over before it ends; the shortest it accepts. */
const LAME_DUCK_SECONDS = 30;

/** A bundled NATS. */
export interface BundledNats extends Bundled {
  /** Three make a cluster. */
  readonly servers: 1 | 3;
}

export type NatsArgs = DataServiceArgs<BundledNats>;

/** NATS with JetStream: bundled (one server or a cluster of three, file store), or external. */
export class Nats extends DataService<BundledNats> {
  public constructor(name: string, args: NatsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Nats", name, args, PROTOCOL, opts);
  }

  protected bundled(name: string, args: Platform & BundledNats): Store {
    const isCluster = args.servers > 1;
    const files = { "nats.conf": natsConfig(name, args) };
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: {
          name: `${name}-config`,
          namespace: args.namespace,
          labels: labelsOf({ app: name, component: COMPONENT }),
        },
        data: files,
      },
      { parent: this },
    );
    const claim = isCluster ? undefined : storeClaim(name, { ...args, component: COMPONENT }, this);
    return new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        claimName: claim?.metadata.name,
        command: ["nats-server"],
        args: ["--config", `${CONFIG_DIR}/nats.conf`],
        ports: isCluster ? { ...PORTS, cluster: CLUSTER_PORT } : PORTS,
        peerPorts: isCluster ? ["cluster"] : [],
        env: isCluster ? [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] : [],
        config: {
          volume: { name: "config", configMap: { name: config.metadata.name } },
          mount: { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          annotations: { "checksum/config": digest(files) },
        },
        // ready once JetStream is; alive as long as the server takes connections
        readinessProbe: { httpGet: { path: "/healthz?js-enabled-only=true", port: PORTS.monitor }, periodSeconds: 5 },
        livenessProbe: {
          httpGet: { path: "/healthz?js-server-only=true", port: PORTS.monitor },
          initialDelaySeconds: 10,
          periodSeconds: 30,
        },
        preStop: { exec: { command: ["nats-server", "--signal", "ldm=1"] } },
        terminationGracePeriodSeconds: 2 * LAME_DUCK_SECONDS,
      },
      { parent: this },
    );
  }
}

/**
 * The server's configuration. JetStream gets 80% of the claim, since its own files and the file system need room
 * too, and a quarter of the memory limit for memory streams.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function natsConfig(
  name: string,
  { storage, resources, servers }: Pick<BundledNats, "storage" | "resources" | "servers">,
): string {
  // each server reads its own name from its environment
  return `server_name: ${servers > 1 ? "$POD_NAME" : `${name}-0`}
port: ${String(PORTS.client)}
http_port: ${String(PORTS.monitor)}
lame_duck_duration: ${String(LAME_DUCK_SECONDS)}s
lame_duck_grace_period: 5s
jetstream {
  store_dir: ${DATA_DIR}
  max_file_store: ${String(bytesOf(storage.size, 0.8))}
  max_memory_store: ${String(bytesOf(resources.limits.memory, 0.25))}
}
${servers > 1 ? routes(name, servers) : ""}`;
}

/** Names through the headless Service, which resolve before the servers are ready. */
function routes(name: string, servers: number): string {
  const urls = Array.from(
    { length: servers },
    (_, index) => `nats://${name}-${String(index)}.${name}:${String(CLUSTER_PORT)}`,
  );
  return `cluster {
  name: vapora
  port: ${String(CLUSTER_PORT)}
  routes: [${urls.join(", ")}]
}
`;
}
