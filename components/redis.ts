import type * as pulumi from "@pulumi/pulumi";
import { bytesOf } from "../config/quantity";
import type { Bundled } from "./data-service";
import { DataService } from "./data-service-base";
import type { DataServiceArgs } from "./data-service-base";
import type { Platform } from "./platform";
import { DATA_DIR, Store, storeClaim } from "./store";

const PORTS = { redis: 6379 };
const COMPONENT = "cache";
const PROTOCOL = { component: COMPONENT, portName: "redis", port: PORTS.redis, schemes: ["redis", "rediss"] } as const;

export type RedisArgs = DataServiceArgs;

/** Redis: bundled (one server, append-only file), or external. */
export class Redis extends DataService {
  public constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Redis", name, args, PROTOCOL, opts);
  }

  protected bundled(name: string, args: Platform & Bundled): Store {
    return new Store(
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
