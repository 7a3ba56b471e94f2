import type * as pulumi from "@pulumi/pulumi";
import { proxyEnv } from "./model-providers";
import type { Proxy } from "../config/schema/network";
import type { Services } from "../config/schema/services";
import { Microservice } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, readiness, startup } from "../kubernetes/probes";
import type { Env } from "../kubernetes/secret-ref";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { http: 8899, metrics: 9090 };

export type LlmRouterArgs = Platform &
  Services["llmRouter"] & {
    readonly calls: Calls<"redis" | "surrealdb">;
    /** API keys of the model providers, by environment variable. */
    readonly apiKeys: Env;
    /** HTTP proxy on the way to them. @default - none */
    readonly proxy?: Proxy | undefined;
  };

/** The router over the model providers. */
export class LlmRouter extends Microservice {
  public constructor(name: string, args: LlmRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    const liveness = httpGet("/health", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 10 });
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
          RUST_LOG: args.log,
          ...connectionEnv("DATABASE", args.calls.to.surrealdb),
          ...connectionEnv("REDIS", args.calls.to.redis),
          ROUTING_MODE: args.routingMode,
          ...args.apiKeys,
          ...proxyEnv(args.proxy, args.namespace),
        },
        probes: {
          startupProbe: startup(liveness),
          livenessProbe: liveness,
          readinessProbe: readiness(args.readinessPath, PORTS.http),
        },
        volume: {
          name: "routing-cache",
          claimName: "vapora-routing-cache-pvc",
          mountPath: "/routing-cache",
          storage: args.storage,
        },
        startAfter: args.calls.startAfter,
      },
      opts,
    );
  }
}
