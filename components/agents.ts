import type * as pulumi from "@pulumi/pulumi";
import { agentsConfig } from "../knowledge-graph/learning-table";
import type { Learning } from "../config/schema/learning";
import { proxyEnv } from "./model-providers";
import type { Proxy } from "../config/schema/network";
import type { Services } from "../config/schema/services";
import { Microservice } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { readiness, startup, tcpSocket } from "../kubernetes/probes";
import type { Env } from "../kubernetes/secret-ref";
import { connectionEnv } from "../kubernetes/traffic";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { metrics: 9090 };

export type AgentsArgs = Platform &
  Services["agents"] & {
    /** How the agents learn. */
    readonly learning: Learning;
    readonly calls: Calls<"nats" | "surrealdb" | "llmRouter" | "mcpGateway">;
    /** API keys of the model providers, by environment variable. */
    readonly apiKeys: Env;
    /** HTTP proxy on the way to them. @default - none */
    readonly proxy?: Proxy | undefined;
  };

/** The agent runtime. Reads /etc/vapora/agents.toml. Its headless Service resolves to every pod. */
export class Agents extends Microservice {
  public constructor(name: string, args: AgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    const liveness = tcpSocket(PORTS.metrics, { periodSeconds: 20, failureThreshold: 6 });
    super(
      "vapora:index:Agents",
      name,
      {
        ...args,
        app: "vapora-agents",
        component: "agents",
        container: "agents",
        ports: PORTS,
        headless: true,
        environment: {
          RUST_LOG: args.log,
          ...connectionEnv("NATS", args.calls.to.nats),
          ...connectionEnv("DATABASE", args.calls.to.surrealdb),
          ...connectionEnv("LLM_ROUTER", args.calls.to.llmRouter),
          ...connectionEnv("MCP_GATEWAY", args.calls.to.mcpGateway),
          ...args.apiKeys,
          ...proxyEnv(args.proxy, args.namespace),
        },
        probes: {
          startupProbe: startup(liveness),
          livenessProbe: liveness,
          readinessProbe: readiness(args.readinessPath, PORTS.metrics),
        },
        volume: {
          name: "agent-state",
          claimName: "vapora-agent-state-pvc",
          mountPath: "/var/vapora/agent-state",
          storage: args.storage,
        },
        config: { mountPath: "/etc/vapora", files: { "agents.toml": agentsConfig(args.learning) } },
        startAfter: args.calls.startAfter,
      },
      opts,
    );
  }
}
