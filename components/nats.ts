import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { BundledNats } from "../config/schema/data-services";
import { bytesOf } from "../config/schema/quantity";
import { DataService } from "../kubernetes/data-service-base";
import type { DataServiceArgs } from "../kubernetes/data-service-base";
import { digest } from "../kubernetes/digest";
import { labelsOf } from "../kubernetes/labels";
import { httpGet } from "../kubernetes/probes";
import type { Platform } from "../kubernetes/platform";
import { DATA_DIR, Store, createStoreClaim } from "../kubernetes/store";

const PORTS = { client: 4222, monitor: 8222 };
/** The port several servers reach each other on. */
const CLUSTER_PORT = 6222;
const CONFIG_DIR = "/etc/nats";
const COMPONENT = "message-bus";
const PROTOCOL = { component: COMPONENT, portName: "client", port: PORTS.client, schemes: ["nats", "tls"] } as const;
/** A server of a cluster takes this many seconds to hand over its clients before it ends. NATS accepts no smaller number. */
const LAME_DUCK_SECONDS = 30;
/** Seconds a single server gets to end; it needs a fraction of one, since there is no server to hand its clients to. */
const END_SECONDS = 30;

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
    const claim = isCluster ? undefined : createStoreClaim(name, { ...args, component: COMPONENT }, this);
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
        env: natsEnv(args),
        config: {
          volume: { name: "config", configMap: { name: config.metadata.name } },
          mount: { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          annotations: { "checksum/config": digest(files) },
        },
        // /healthz checks the streams too; right after a start the server may not know yet what it missed: minReadySeconds
        startupProbe: httpGet("/healthz", PORTS.monitor, {}),
        readinessProbe: httpGet("/healthz?js-server-only=true", PORTS.monitor, { periodSeconds: 5 }),
        livenessProbe: httpGet("/healthz?js-enabled-only=true", PORTS.monitor, {
          periodSeconds: 30,
          timeoutSeconds: 10,
          failureThreshold: 6,
        }),
        ...(isCluster ? { preStop: { exec: { command: ["nats-server", "--signal", "ldm=1"] } } } : {}),
        terminationGracePeriodSeconds: isCluster ? 2 * LAME_DUCK_SECONDS : END_SECONDS,
      },
      { parent: this },
    );
  }
}

function natsEnv({ servers, resources }: Pick<BundledNats, "servers" | "resources">): k8s.types.input.core.v1.EnvVar[] {
  return [
    // Go keeps its heap below this, where it would otherwise grow past the limit before it collects
    { name: "GOMEMLIMIT", value: String(bytesOf(resources.limits.memory, 0.85)) },
    ...(servers > 1 ? [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] : []),
  ];
}

/**
 * The server's configuration. JetStream gets 80% of the claim, since its own files and the file system need room
 * too, and a quarter of the memory limit for memory streams.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function natsConfig(
  name: string,
  {
    storage,
    resources,
    servers,
    syncInterval,
  }: Pick<BundledNats, "storage" | "resources" | "servers" | "syncInterval">,
): string {
  const isCluster = servers > 1;
  // each server reads its own name from its environment
  return `server_name: ${isCluster ? "$POD_NAME" : `${name}-0`}
port: ${String(PORTS.client)}
http_port: ${String(PORTS.monitor)}
${isCluster ? `lame_duck_duration: ${String(LAME_DUCK_SECONDS)}s\nlame_duck_grace_period: 5s\n` : ""}jetstream {
  store_dir: ${DATA_DIR}
  max_file_store: ${String(bytesOf(storage.size, 0.8))}
  max_memory_store: ${String(bytesOf(resources.limits.memory, 0.25))}
  sync_interval: ${syncInterval ?? (isCluster ? "2m" : "always")}
}
${isCluster ? routes(name, servers) : ""}`;
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
  no_advertise: true
  routes: [${urls.join(", ")}]
}
`;
}
