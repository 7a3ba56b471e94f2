import type * as pulumi from "@pulumi/pulumi";
import type { Backend } from "./backend";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Platform } from "./platform";
import { httpGet } from "./probes";

const PORTS = { http: 3000 };

export interface FrontendArgs extends Platform, ServiceSettings {
  /** Value of ENVIRONMENT, e.g. `production`. */
  readonly environment: string;
  readonly backend: Backend;
}

/** The web interface (Leptos). */
export class Frontend extends Microservice {
  public constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "vapora:index:Frontend",
      name,
      {
        ...args,
        app: "vapora-frontend",
        component: "web",
        container: "frontend",
        ports: PORTS,
        environment: { API_ENDPOINT: args.backend.service.url, ENVIRONMENT: args.environment },
        probes: {
          livenessProbe: httpGet("/", PORTS.http, { initialDelaySeconds: 10, periodSeconds: 30 }),
          readinessProbe: httpGet("/", PORTS.http, { initialDelaySeconds: 5, periodSeconds: 5 }),
        },
      },
      opts,
    );
  }
}
