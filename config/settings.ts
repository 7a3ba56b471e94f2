/** All a stack may say, under `vapora:` in its stack file. The types are inferred from here. */
import { z } from "zod";
import * as dataServices from "./data-services";
import * as platform from "./platform";
import * as rules from "./rules";
import * as services from "./services";

const shape = {
  cluster: platform.cluster,
  namespace: platform.namespace,
  images: platform.images,
  dataProtection: platform.dataProtection,
  apiKeys: platform.apiKeys,
  nats: dataServices.nats,
  redis: dataServices.redis,
  surrealdb: dataServices.surrealdb,
  backend: services.backend,
  frontend: services.frontend,
  agents: services.agents,
  llmRouter: services.llmRouter,
  mcpGateway: services.mcpGateway,
};

/** The plain part of a stack's config: everything but secrets. */
export const settingsSchema = z.strictObject(shape).superRefine((settings, context) => {
  for (const problem of rules.check(settings)) {
    const { path, message, remedy } = problem;
    context.addIssue({ code: "custom", path: [...path], message, input: undefined, params: { remedy } });
  }
});

/** Top-level keys of the plain part, in the order a stack file gives them. */
export const SETTING_KEYS = Object.keys(shape);

/** The plain part of a stack's config, parsed. */
export type PlainSettings = z.infer<typeof settingsSchema>;
