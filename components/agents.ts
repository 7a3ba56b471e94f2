import type * as pulumi from "@pulumi/pulumi";
import { Microservice } from "./microservice";
import type { ServiceSettings } from "./microservice";
import type { Nats } from "./nats";
import type { Platform } from "./platform";
import type { PlatformSecrets } from "./platform-secrets";
import type { SurrealDb } from "./surrealdb";
import type { Storage } from "./volumes";

export interface AgentsArgs extends Platform, ServiceSettings {
  /** Filter for RUST_LOG. @default debug,vapora_agents=trace */
  readonly log?: string | undefined;
  /** The claim the agents' state lies on. */
  readonly storage: Storage;
  readonly nats: Nats;
  readonly database: SurrealDb;
  readonly secrets: PlatformSecrets;
}

/** The agent runtime. Its headless Service resolves to every pod. */
export class Agents extends Microservice {
  public constructor(name: string, args: AgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "vapora:index:Agents",
      name,
      {
        ...args,
        app: "vapora-agents",
        component: "agents",
        container: "agents",
        ports: { metrics: 9090 },
        headless: true,
        environment: {
          RUST_LOG: args.log ?? "debug,vapora_agents=trace",
          NATS_URL: args.nats.url,
          DATABASE_URL: { secret: args.secrets.databaseUrl },
          ...args.secrets.apiKeys,
        },
        volume: {
          name: "agent-state",
          claimName: "vapora-agent-state-pvc",
          mountPath: "/var/vapora/agent-state",
          storage: args.storage,
        },
        startAfter: [args.nats, args.database],
      },
      opts,
    );
  }
}
