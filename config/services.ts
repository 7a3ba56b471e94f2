/** What a stack says about each of the five services. */
import { z } from "zod";
import "./meta";
import * as values from "./values";
import { rustService, service, storage } from "./workloads";

export const backend = rustService("info,vapora_backend=debug")
  .extend({
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

export const frontend = service
  .extend({
    environment: values.text.meta({ description: "Value of ENVIRONMENT.", example: "production" }),
  })
  .meta({ description: "The web interface." });

export const agents = rustService("debug,vapora_agents=trace")
  .extend({ storage })
  .meta({ description: "The agent runtime; its claim holds the agents' state." });

export const llmRouter = rustService("debug,vapora_llm_router=trace")
  .extend({
    storage,
    routingMode: values.text
      .optional()
      .meta({ description: "Value of ROUTING_MODE.", absent: "`hybrid`", example: "cost" }),
  })
  .meta({ description: "The router over the model providers; its claim holds the routing cache." });

export const mcpGateway = rustService("debug,vapora_mcp=trace")
  .extend({ storage })
  .meta({ description: "The MCP gateway; its claim holds the plugins." });
