import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Platform } from "./platform";
import type { PlatformSecrets } from "./platform-secrets";
import { httpGet } from "./probes";
import type { Redis } from "./redis";
import type { SurrealDb } from "./surrealdb";
import type { Storage } from "./volumes";

const PORTS = { http: 8899, metrics: 9090 };

export interface LlmRouterArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default debug,vapora_llm_router=trace */
  readonly log?: string | undefined;
  /** Value of ROUTING_MODE. @default hybrid */
  readonly routingMode?: string | undefined;
  /** The claim the routing cache lies on. */
  readonly storage: Storage;
  readonly redis: Redis;
  readonly database: SurrealDb;
  readonly secrets: PlatformSecrets;
}

/** The router over the model providers. */
export class LlmRouter extends Microservice {
  public constructor(name: string, args: LlmRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "vapora:index:LlmRouter",
      name,
      {
        ...args,
        app: "vapora-llm-router",
        component: "llm-router",
        container: "router",
        ports: PORTS,
        environment: {
          RUST_LOG: args.log ?? "debug,vapora_llm_router=trace",
          DATABASE_URL: { secret: args.secrets.databaseUrl },
          REDIS_URL: args.redis.url,
          ROUTING_MODE: args.routingMode ?? "hybrid",
          ...args.secrets.apiKeys,
        },
        probes: { livenessProbe: httpGet("/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 }) },
        volume: {
          name: "routing-cache",
          claimName: "vapora-routing-cache-pvc",
          mountPath: "/routing-cache",
          storage: args.storage,
        },
        startAfter: [args.redis, args.database],
      },
      opts,
    );
  }
}
