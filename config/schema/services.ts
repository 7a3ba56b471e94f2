/** What a stack says about each of the five services. */
import { z } from "zod";
import "./meta";
import * as values from "./values";
import { exposure } from "./exposure";
import { cacheStorage, storage } from "./storage";
import { rustService, service } from "./workloads";

const readinessPath = (port: string) =>
  values.httpPath.optional().meta({
    description: `Path on ${port} that answers with a status from 200 to 399 once the service can take work.`,
    absent: "a TCP connection to that port is enough",
    example: "/ready",
  });

export const backend = rustService("info,vapora_backend=debug")
  .extend({
    exposure,
    settings: z
      .record(values.tomlTable, values.toml, { error: "must be a mapping of TOML tables" })
      .optional()
      .meta({
        description:
          "Tables for /etc/vapora/vapora.toml, beside `server` and `metrics` written there. Never for secrets.",
        absent: "none",
        example: { limits: { tasks: 100 } },
      }),
  })
  .meta({ description: "The REST API." });

export const frontend = service()
  .extend({
    exposure,
    environment: values.text.meta({ description: "Value of ENVIRONMENT.", example: "production" }),
  })
  .meta({ description: "The web interface." });

export const agents = rustService("debug,vapora_agents=trace", "2m")
  .extend({ storage, readinessPath: readinessPath("the metrics port") })
  .meta({ description: "The agent runtime; its volume holds the agents' state." });

export const llmRouter = rustService("debug,vapora_llm_router=trace", "2m")
  .extend({
    storage: cacheStorage,
    readinessPath: readinessPath("the http port"),
    routingMode: values.text
      .optional()
      .meta({ description: "Value of ROUTING_MODE.", absent: "`hybrid`", example: "cost" }),
  })
  .meta({ description: "The router over the model providers; its volume holds the routing cache." });

export const mcpGateway = rustService("debug,vapora_mcp=trace")
  .extend({ storage, readinessPath: readinessPath("the http port") })
  .meta({ description: "The MCP gateway; its volume holds the plugins." });
