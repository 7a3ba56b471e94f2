import type * as pulumi from "@pulumi/pulumi";
import type { Services } from "../config/schema/services";
import { Microservice } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, startup, tcpSocket } from "../kubernetes/probes";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { http: 3000 };

export type FrontendArgs = Platform &
  Services["frontend"] & {
    readonly calls: Calls<"backend">;
  };

/** The web interface (Leptos). */
export class Frontend extends Microservice {
  public constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
    // whether pages can be shown is readiness; a process that listens is not helped by a restart
    const liveness = tcpSocket(PORTS.http, { initialDelaySeconds: 10, periodSeconds: 30 });
    super(
      "vapora:index:Frontend",
      name,
      {
        ...args,
        app: "vapora-frontend",
        component: "web",
        container: "frontend",
        ports: PORTS,
        environment: { API_ENDPOINT: args.calls.to.backend.url, ENVIRONMENT: args.environment },
        probes: {
          startupProbe: startup(liveness),
          livenessProbe: liveness,
          readinessProbe: httpGet("/", PORTS.http, { initialDelaySeconds: 5, periodSeconds: 5 }),
        },
      },
      opts,
    );
  }
}
