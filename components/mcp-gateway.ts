import type * as pulumi from "@pulumi/pulumi";
import type { Services } from "../config/schema/services";
import { Microservice } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, readiness, startup } from "../kubernetes/probes";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { http: 8888, metrics: 9090 };
const PLUGINS = "/plugins";

export type McpGatewayArgs = Platform &
  Services["mcpGateway"] & {
    readonly calls: Calls<"nats" | "surrealdb">;
  };

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
          RUST_LOG: args.log,
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
