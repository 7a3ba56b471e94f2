/** What a stack may tell its policy: everything else is fixed. */
import { z } from "zod";

const registries = z
  .array(z.string().regex(/^[^\s/]+(\/[^\s/]+)*\/$/, "each prefix of registry-allow-list must end in '/'"))
  .min(1);

export const settingsSchema = z.strictObject({
  /**
   * Prefixes of images that may be used, each with its registry and a closing `/`, e.g. `registry.example.com/team/`.
   * The default is what the stacks use.
   */
  registries: registries.default(["docker.io/library/", "docker.io/surrealdb/", "docker.io/vapora/"]),
  /** What lies outside the stack and may be referred to all the same. */
  declared: z
    .strictObject({
      /** Hosts of external data services. */
      hosts: z.array(z.string()).default([]),
      /** Namespaces made elsewhere. */
      namespaces: z.array(z.string()).default([]),
      /** Secrets somebody else keeps. */
      secrets: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type PolicySettings = z.infer<typeof settingsSchema>;

/** Settings with their defaults. @throws ZodError if one is unknown or not of its form. */
export function policySettings(given: z.input<typeof settingsSchema> = {}): PolicySettings {
  return settingsSchema.parse(given);
}
