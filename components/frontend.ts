import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "../kubernetes/microservice";
import type { ServiceSettings } from "../kubernetes/microservice";
import type { Platform } from "../kubernetes/platform";
import { httpGet, startup, tcpSocket } from "../kubernetes/probes";
import type { Calls } from "../kubernetes/traffic";

const PORTS = { http: 3000 };

export interface FrontendArgs extends Platform, ServiceSettings {
  /** Value of ENVIRONMENT, e.g. `production`. */
  readonly environment: string;
  readonly calls: Calls<"backend">;
}

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
