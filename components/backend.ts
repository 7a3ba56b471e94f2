import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "smol-toml";
import { httpGet, startup } from "../kubernetes/probes";
import type { Services } from "../config/schema/services";
import { Microservice } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { http: 8080, metrics: 9090 };

export type BackendArgs = Platform &
  Services["backend"] & {
    readonly calls: Calls<"nats" | "redis" | "surrealdb" | "llmRouter" | "mcpGateway">;
  };

/** The REST API (Axum). Reads /etc/vapora/vapora.toml. */
export class Backend extends Microservice {
  public constructor(name: string, args: BackendArgs, opts?: pulumi.ComponentResourceOptions) {
    const liveness = httpGet("/api/v1/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 });
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
          RUST_LOG: args.log,
          ...connectionEnv("DATABASE", args.calls.to.surrealdb),
          ...connectionEnv("NATS", args.calls.to.nats),
          ...connectionEnv("REDIS", args.calls.to.redis),
          ...connectionEnv("LLM_ROUTER", args.calls.to.llmRouter),
          ...connectionEnv("MCP_GATEWAY", args.calls.to.mcpGateway),
        },
        probes: {
          startupProbe: startup(liveness),
          livenessProbe: liveness,
          readinessProbe: httpGet("/api/v1/ready", PORTS.http, { initialDelaySeconds: 5, periodSeconds: 5 }),
        },
        config: { mountPath: "/etc/vapora", files: { "vapora.toml": backendConfig(args.settings) } },
        startAfter: args.calls.startAfter,
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
