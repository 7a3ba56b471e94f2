import type * as pulumi from "@pulumi/pulumi";
import { proxyEnv } from "./model-providers";
import type { Proxy } from "./model-providers";
import { Microservice } from "../kubernetes/microservice";
import type { ServiceSettings } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, readiness, startup } from "../kubernetes/probes";
import type { Env } from "../kubernetes/secret-ref";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";
import type { Storage } from "../kubernetes/volumes";

const PORTS = { http: 8899, metrics: 9090 };

export interface LlmRouterArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default debug,vapora_llm_router=trace */
  readonly log?: string | undefined;
  /** Value of ROUTING_MODE. @default hybrid */
  readonly routingMode?: string | undefined;
  /** The claim the routing cache lies on. */
  readonly storage: Storage;
  /** HTTP path that tells when it can take work. @default - a connection is enough */
  readonly readinessPath?: string | undefined;
  readonly calls: Calls<"redis" | "surrealdb">;
  /** API keys of the model providers, by environment variable. */
  readonly apiKeys: Env;
  /** HTTP proxy on the way to them. @default - none */
  readonly proxy?: Proxy | undefined;
}

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
          RUST_LOG: args.log ?? "debug,vapora_llm_router=trace",
          ...connectionEnv("DATABASE", args.calls.to.surrealdb),
          ...connectionEnv("REDIS", args.calls.to.redis),
          ROUTING_MODE: args.routingMode ?? "hybrid",
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
