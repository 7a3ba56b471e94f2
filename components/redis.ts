import * as pulumi from "@pulumi/pulumi";
import { bytesOf } from "../config/quantity";
import type { Address, Bundled, DataServiceSettings } from "./data-service";
import { connectionUrl } from "./data-service";
import { externalAddress, externalParty, externalUrl } from "./external";
import type { Platform } from "./platform";
import type { Footprint } from "./quota";
import type { EnvValue } from "./secret-ref";
import { DATA_DIR, Store, storeClaim } from "./store";
import type { Callee, Party } from "./traffic";

const PORTS = { redis: 6379 };
const COMPONENT = "cache";
const PROTOCOL = { component: COMPONENT, portName: "redis", port: PORTS.redis, schemes: ["redis", "rediss"] } as const;

export type RedisArgs = Platform &
  DataServiceSettings & {
    /** Password of an external server's user. @default - no credentials */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** Redis: bundled (one server, append-only file), or external. */
export class Redis extends pulumi.ComponentResource implements Callee {
  public readonly address: Address;
  public readonly party: Party;
  public readonly startFirst = this;
  /** What it takes of the namespace's quota; nothing where it is external. */
  public readonly footprints: readonly Footprint[];
  /** `redis://<host>:6379`; a Secret key where it carries credentials. */
  public readonly url: EnvValue;

  public constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Redis", name, {}, opts);
    if ("external" in args) {
      this.address = externalAddress(name, args, PROTOCOL, this);
      this.party = externalParty(this.address, PROTOCOL);
      this.footprints = [];
      this.url = externalUrl(name, args, PROTOCOL, this.address, this);
    } else {
      const store = new Store(
        name,
        {
          ...args,
          component: COMPONENT,
          servers: 1,
          claimName: storeClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
          command: ["redis-server"],
          args: redisArguments(args),
          ports: PORTS,
          // ready once the append-only file is loaded; alive as long as the port answers
          readinessProbe: { exec: { command: ["sh", "-c", "redis-cli ping | grep -q PONG"] }, periodSeconds: 5 },
          livenessProbe: { tcpSocket: { port: PORTS.redis }, initialDelaySeconds: 10, periodSeconds: 30 },
          terminationGracePeriodSeconds: 60,
        },
        { parent: this },
      );
      this.address = store.address;
      this.party = store.party;
      this.footprints = [store.footprint];
      this.url = connectionUrl("redis", this.address);
    }
    this.registerOutputs({ address: this.address });
  }
}

/**
 * Arguments of redis-server. Memory stops at 75% of the limit, which leaves room for the copy that rewriting the
 * append-only file makes; a full store refuses writes instead of dropping keys somebody relies on.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/config/
 */
export function redisArguments({ resources }: Pick<Bundled, "resources">): string[] {
  const options = {
    port: String(PORTS.redis),
    dir: DATA_DIR,
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    maxmemory: String(bytesOf(resources.limits.memory, 0.75)),
    "maxmemory-policy": "noeviction",
    // no password by default: who may connect is the network policies' matter
    "protected-mode": "no",
  };
  return Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
}
