import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { bytesOf } from "../config/quantity";
import type { Address, Bundled, DataServiceSettings } from "./data-service";
import { connectionUrl } from "./data-service";
import { digest } from "./digest";
import { externalAddress, externalUrl } from "./external";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import type { EnvValue } from "./secret-ref";
import { DATA_DIR, Store, storeClaim } from "./store";

const PORTS = { client: 4222, monitor: 8222 };
const CONFIG_DIR = "/etc/nats";
const COMPONENT = "message-bus";
const PROTOCOL = { component: COMPONENT, port: PORTS.client, schemes: ["nats", "tls"] } as const;
/** Seconds the server takes to hand its clients over before it ends; the shortest it accepts. */
const LAME_DUCK_SECONDS = 30;

export type NatsArgs = Platform &
  DataServiceSettings & {
    /** Password of an external server's user. @default - no credentials */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** NATS with JetStream: bundled (one server, file store), or external. */
export class Nats extends pulumi.ComponentResource {
  public readonly address: Address;
  /** `nats://<host>:4222`; a Secret key where it carries credentials. */
  public readonly url: EnvValue;

  public constructor(name: string, args: NatsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Nats", name, {}, opts);
    if ("external" in args) {
      this.address = externalAddress(name, args, PROTOCOL, this);
      this.url = externalUrl(name, args, PROTOCOL, this.address, this);
    } else {
      this.address = this.bundled(name, args);
      this.url = connectionUrl("nats", this.address);
    }
    this.registerOutputs({ address: this.address });
  }

  private bundled(name: string, args: Platform & Bundled): Address {
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
    const store = new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        claimName: storeClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        command: ["nats-server"],
        args: ["--config", `${CONFIG_DIR}/nats.conf`],
        ports: PORTS,
        config: {
          volume: { configMap: { name: config.metadata.name } },
          mountPath: CONFIG_DIR,
          digest: digest(files),
        },
        // ready once JetStream is; alive as long as the server takes connections
        readinessProbe: { httpGet: { path: "/healthz?js-enabled-only=true", port: PORTS.monitor }, periodSeconds: 5 },
        livenessProbe: {
          httpGet: { path: "/healthz?js-server-only=true", port: PORTS.monitor },
          initialDelaySeconds: 10,
          periodSeconds: 30,
        },
        lifecycle: { preStop: { exec: { command: ["nats-server", "--signal", "ldm=1"] } } },
        terminationGracePeriodSeconds: 2 * LAME_DUCK_SECONDS,
      },
      { parent: this },
    );
    return store.address;
  }
}

/**
 * The server's configuration. JetStream gets 80% of the claim, since its own files and the file system need room
 * too, and a quarter of the memory limit for memory streams.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function natsConfig(name: string, { storage, resources }: Pick<Bundled, "storage" | "resources">): string {
  return `server_name: ${name}-0
port: ${String(PORTS.client)}
http_port: ${String(PORTS.monitor)}
lame_duck_duration: ${String(LAME_DUCK_SECONDS)}s
lame_duck_grace_period: 5s
jetstream {
  store_dir: ${DATA_DIR}
  max_file_store: ${String(bytesOf(storage.size, 0.8))}
  max_memory_store: ${String(bytesOf(resources.limits.memory, 0.25))}
}
`;
}
