import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "../kubernetes/microservice";
import type { ServiceSettings } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, readiness, startup } from "../kubernetes/probes";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";
import type { Storage } from "../kubernetes/volumes";

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
