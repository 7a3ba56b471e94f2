import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Nats } from "./nats";
import type { Platform } from "./platform";
import type { PlatformSecrets } from "./platform-secrets";
import { httpGet } from "./probes";
import type { SurrealDb } from "./surrealdb";
import type { Storage } from "./volumes";

const PORTS = { http: 8888, metrics: 9090 };
const PLUGINS = "/plugins";

export interface McpGatewayArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default debug,vapora_mcp=trace */
  readonly log?: string | undefined;
  /** The claim the plugins lie on. */
  readonly storage: Storage;
  readonly nats: Nats;
  readonly database: SurrealDb;
  readonly secrets: PlatformSecrets;
}

/** The MCP gateway. */
export class McpGateway extends Microservice {
  public constructor(name: string, args: McpGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "vapora:index:McpGateway",
      name,
      {
        ...args,
        app: "vapora-mcp-gateway",
        component: "mcp-gateway",
        container: "gateway",
        ports: PORTS,
        environment: {
          RUST_LOG: args.log ?? "debug,vapora_mcp=trace",
          NATS_URL: args.nats.url,
          DATABASE_URL: { secret: args.secrets.databaseUrl },
          MCP_PLUGINS_PATH: PLUGINS,
        },
        probes: { livenessProbe: httpGet("/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 }) },
        volume: { name: "plugins", claimName: "vapora-plugins-pvc", mountPath: PLUGINS, storage: args.storage },
        startAfter: [args.nats, args.database],
      },
      opts,
    );
  }
}
