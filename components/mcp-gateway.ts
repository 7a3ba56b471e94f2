import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Platform } from "./platform";
import { httpGet, readiness, startup } from "./probes";
import { connectionEnv } from "./traffic";
import type { Calls } from "./traffic";
import type { Storage } from "./volumes";

const PORTS = { http: 8888, metrics: 9090 };
const PLUGINS = "/plugins";

export interface McpGatewayArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default debug,vapora_mcp=trace */
  readonly log?: string | undefined;
  /** The claim the plugins lie on. */
  readonly storage: Storage;
  /** HTTP path that tells when it can take work. @default - a connection is enough */
  readonly readinessPath?: string | undefined;
  readonly calls: Calls<"nats" | "surrealdb">;
}

/** The MCP gateway. */
export class McpGateway extends Microservice {
  public constructor(name: string, args: McpGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    const liveness = httpGet("/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 });
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
          ...connectionEnv("NATS", args.calls.to.nats),
          ...connectionEnv("DATABASE", args.calls.to.surrealdb),
          MCP_PLUGINS_PATH: PLUGINS,
        },
        probes: {
          startupProbe: startup(liveness),
          livenessProbe: liveness,
          readinessProbe: readiness(args.readinessPath, PORTS.http),
        },
        volume: { name: "plugins", claimName: "vapora-plugins-pvc", mountPath: PLUGINS, storage: args.storage },
        startAfter: args.calls.startAfter,
      },
      opts,
    );
  }
}
