import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "smol-toml";
import { httpGet } from "./probes";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Nats } from "./nats";
import type { Platform } from "./platform";
import type { PlatformSecrets } from "./platform-secrets";
import type { Redis } from "./redis";
import type { SurrealDb } from "./surrealdb";

const PORTS = { http: 8080, metrics: 9090 };

export interface BackendArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default info,vapora_backend=debug */
  readonly log?: string | undefined;
  /** Tables for vapora.toml beside `server` and `metrics`. @default - none */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly nats: Nats;
  readonly redis: Redis;
  readonly database: SurrealDb;
  readonly secrets: PlatformSecrets;
}

/** The REST API (Axum). Reads /etc/vapora/vapora.toml. */
export class Backend extends Microservice {
  public constructor(name: string, args: BackendArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "vapora:index:Backend",
      name,
      {
        ...args,
        app: "vapora-backend",
        component: "api",
        container: "backend",
        ports: PORTS,
        environment: {
          RUST_LOG: args.log ?? "info,vapora_backend=debug",
          DATABASE_URL: { secret: args.secrets.databaseUrl },
          NATS_URL: args.nats.url,
          REDIS_URL: args.redis.url,
        },
        probes: {
          livenessProbe: httpGet("/api/v1/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 }),
          readinessProbe: httpGet("/api/v1/ready", PORTS.http, { initialDelaySeconds: 5, periodSeconds: 5 }),
        },
        config: { mountPath: "/etc/vapora", files: { "vapora.toml": backendConfig(args.settings) } },
        startAfter: [args.nats, args.redis, args.database],
      },
      opts,
    );
  }
}

/** vapora.toml: where the server listens, then the stack's own tables. */
export function backendConfig(settings: BackendArgs["settings"] = {}): string {
  return stringify({
    server: { host: "0.0.0.0", port: PORTS.http },
    metrics: { host: "0.0.0.0", port: PORTS.metrics },
    ...settings,
  });
}
