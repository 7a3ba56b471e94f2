/** What a stack says about each service. Every list of services follows from the record at the end. */
import { z } from "zod";
import "./meta";
import * as values from "./values";
import { exposure } from "./exposure";
import { CA_DIR } from "./reserved";
import { cacheStorage, storage } from "./storage";
import { rustService, service } from "./workloads";

const readinessPath = (port: string) =>
  values.httpPath.optional().meta({
    description: `Path on ${port} that answers with a status from 200 to 399 once the service can take work.`,
    absent: "a TCP connection to that port is enough",
    example: "/ready",
  });

const backend = rustService({ log: "info,vapora_backend=debug" })
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

const frontend = service()
  .extend({
    exposure,
    environment: values.text.meta({ description: "Value of ENVIRONMENT.", example: "production" }),
  })
  .meta({ description: "The web interface." });

const agents = rustService({ log: "debug,vapora_agents=trace", drain: "2m" })
  .extend({ storage, readinessPath: readinessPath("the metrics port") })
  .meta({ description: "The agent runtime; its volume holds the agents' state." });

const llmRouter = rustService({ log: "debug,vapora_llm_router=trace", drain: "2m" })
  .extend({
    storage: cacheStorage,
    readinessPath: readinessPath("the http port"),
    routingMode: values.text.default("hybrid").meta({ description: "Value of ROUTING_MODE.", example: "cost" }),
  })
  .meta({ description: "The router over the model providers; its volume holds the routing cache." });

const mcpGateway = rustService({ log: "debug,vapora_mcp=trace" })
  .extend({ storage, readinessPath: readinessPath("the http port") })
  .meta({ description: "The MCP gateway; its volume holds the plugins." });

/** The services by their key, in the order of a stack file. */
export const services = { backend, frontend, agents, llmRouter, mcpGateway };

/** Key of a service. */
export type ServiceName = keyof typeof services;
/** Keys of the services. */
export const SERVICES = Object.keys(services) as readonly ServiceName[];

/** What a stack says about each service. */
export type Services = { readonly [N in ServiceName]: z.infer<(typeof services)[N]> };

/** Services whose section may have a key. */
type Having<K extends string> = {
  [N in ServiceName]: K extends keyof z.infer<(typeof services)[N]> ? N : never;
}[ServiceName];

const having = <K extends string>(key: K) => SERVICES.filter((name): name is Having<K> => key in services[name].shape);

/** Those with a claim. */
export const CLAIMING = having("storage");
/** Those that may be reached from outside the cluster. */
export const EXPOSED = having("exposure");

/** Folders the program mounts into each. Tests hold them against a recording. */
export const MOUNTS: Readonly<Record<ServiceName, readonly string[]>> = {
  backend: ["/etc/vapora", CA_DIR],
  frontend: [CA_DIR],
  agents: ["/etc/vapora", "/var/vapora/agent-state", CA_DIR],
  llmRouter: ["/routing-cache", CA_DIR],
  mcpGateway: ["/plugins", CA_DIR],
};
