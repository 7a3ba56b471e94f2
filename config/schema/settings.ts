/** All a stack may say, under `vapora:` in its stack file. The types are inferred from here. */
import { z } from "zod";
import * as credentials from "./credentials";
import { dataServices } from "./data-services";
import { learning } from "./learning";
import { network, quota } from "./network";
import * as platform from "./platform";
import { services } from "./services";

const shape = {
  cluster: platform.cluster,
  namespace: platform.namespace,
  images: platform.images,
  dataProtection: platform.dataProtection,
  network,
  quota,
  learning,
  providers: credentials.providers,
  ...dataServices,
  ...services,
};

/** The plain part of a stack's config: everything but secrets. Rules between values are in rules.ts. */
export const settingsSchema = z.strictObject(shape);

/** Top-level keys of the plain part, in the order a stack file gives them. */
export const SETTING_KEYS = Object.keys(shape);

/** The plain part of a stack's config, parsed. */
export type PlainSettings = z.infer<typeof settingsSchema>;

/** The sections that are right by themselves, whatever the others are. */
export function rightSections(config: Readonly<Record<string, unknown>>): Partial<PlainSettings> {
  const parsed = Object.entries(shape).map(([key, section]) => [key, section.safeParse(config[key])] as const);
  return Object.fromEntries(parsed.flatMap(([key, result]) => (result.success ? [[key, result.data]] : [])));
}
