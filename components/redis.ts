import type * as pulumi from "@pulumi/pulumi";
import type { BundledRedis } from "../config/schema/data-services";
import { bytesOf } from "../config/schema/quantity";
import { DataService } from "../kubernetes/data-service-base";
import type { DataServiceArgs } from "../kubernetes/data-service-base";
import type { Platform } from "../kubernetes/platform";
import { exec, tcpSocket } from "../kubernetes/probes";
import { DATA_DIR, Store, createStoreClaim } from "../kubernetes/store";

const PORTS = { redis: 6379 };
const COMPONENT = "cache";
const PROTOCOL = { component: COMPONENT, portName: "redis", port: PORTS.redis, schemes: ["redis", "rediss"] } as const;

export type RedisArgs = DataServiceArgs<BundledRedis>;

/** Redis: bundled (one server, append-only file), or external. */
export class Redis extends DataService<BundledRedis> {
  public constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Redis", name, args, PROTOCOL, opts);
  }

  protected bundled(name: string, args: Platform & BundledRedis): Store {
    return new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        servers: 1,
        claimName: createStoreClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        command: ["redis-server"],
        args: redisArguments(args),
        ports: PORTS,
        // ready once the append-only file is loaded; alive as long as the port answers
        readinessProbe: exec(["sh", "-c", "redis-cli ping | grep -q PONG"], { periodSeconds: 5 }),
        livenessProbe: tcpSocket(PORTS.redis, { periodSeconds: 30 }),
        terminationGracePeriodSeconds: 60,
      },
      { parent: this },
    );
  }
}

/**
 * Arguments of redis-server. Data may take two fifths of the memory limit: a rewrite of the append-only file copies the
 * pages that are written meanwhile, on a slow disk all of them, and the server itself needs the rest.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/config/
 */
export function redisArguments({
  resources,
  maxmemoryPolicy,
}: Pick<BundledRedis, "resources" | "maxmemoryPolicy">): string[] {
  const options = {
    port: String(PORTS.redis),
    dir: DATA_DIR,
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    maxmemory: String(bytesOf(resources.limits.memory, 0.4)),
    "maxmemory-policy": maxmemoryPolicy,
    // no password by default: who may connect is the network policies' matter
    "protected-mode": "no",
  };
  return Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
}
