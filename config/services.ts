/** What a stack says about each of the five services. */
import { z } from "zod";
import { rustService, service, storage } from "./workloads";

type Toml = string | number | boolean | Toml[] | { [key: string]: Toml };
const toml: z.ZodType<Toml> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(toml), z.record(z.string(), toml)]),
);

/** The REST API. */
export const backend = rustService.extend({
  /** Tables for /etc/vapora/vapora.toml, beside the ports written there. Never for secrets. @default - none */
  settings: z.record(z.string(), toml).optional(),
});

/** The web interface. */
export const frontend = service.extend({
  /** Value of ENVIRONMENT, e.g. `production`. */
  environment: z.string().min(1),
});

/** The agent runtime; its claim holds the agents' state. */
export const agents = rustService.extend({ storage });

/** The router over the model providers; its claim holds the routing cache. */
export const llmRouter = rustService.extend({
  storage,
  /** Value of ROUTING_MODE. @default hybrid */
  routingMode: z.string().min(1).optional(),
});

/** The MCP gateway; its claim holds the plugins. */
export const mcpGateway = rustService.extend({ storage });
