/** Where a credential comes from when it is not a secret of this stack's config. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

const version = values.text.optional().meta({
  description: "Any text. A new one rolls the pods that use the credential, since its value is not seen here.",
  absent: "a changed value reaches the pods when they are next restarted",
  example: "2026-11-01",
});

const existingSecret = z
  .strictObject({
    name: values.dnsName.meta({ description: "Name of a Secret in the namespace.", example: "team-credentials" }),
    key: values.secretKey.meta({ description: "Key inside it.", example: "token" }),
    version,
  })
  .optional()
  .meta({ description: "A Secret that somebody else keeps.", absent: "none" });

const externalSecret = z
  .strictObject({
    store: values.dnsName.meta({ description: "Name of the store.", example: "vault" }),
    storeKind: z
      .enum(["ClusterSecretStore", "SecretStore"], { error: "must be ClusterSecretStore or SecretStore" })
      .default("ClusterSecretStore")
      .meta({ description: "Kind of the store.", example: "SecretStore" }),
    remoteKey: values.text.meta({ description: "Key in the store.", example: "vapora/credentials" }),
    property: values.text.optional().meta({
      description: "Property of the remote key's value.",
      absent: "the whole value",
      example: "token",
    }),
    refreshInterval: values.duration.default("1h").meta({
      description: "How often the operator reads the store.",
      example: "15m",
    }),
    version,
  })
  .optional()
  .meta({
    description: "One that the External Secrets Operator (API `external-secrets.io/v1`) brings from a store.",
    absent: "none",
  });

/** A credential kept outside this stack's config; exactly one of the two. */
export const source = z.strictObject({ existingSecret, externalSecret });

/** A credential kept outside this stack's config. */
export type Source = z.infer<typeof source>;

/** The model providers VAPORA can use. */
export const PROVIDERS = ["claude", "openai", "gemini"] as const;

/** One model provider. */
export type Provider = (typeof PROVIDERS)[number];

const provider = (name: Provider, key: string) =>
  z
    .strictObject({
      enabled: z
        .boolean({ error: "must be true or false" })
        .default(true)
        .meta({ description: "False switches it off; its key stays in the stack's config.", example: false }),
      required: z
        .boolean({ error: "must be true or false" })
        .default(true)
        .meta({
          description: `False deploys without it for as long as the secret \`${key}\` is not set.`,
          example: false,
        }),
      apiKey: source.optional().meta({
        description: "Where its API key is kept instead.",
        absent: `the secret \`${key}\` of this stack's config`,
      }),
    })
    .optional()
    .meta({ description: `The provider ${name}.`, absent: "off" });

export const providers = z
  .union(
    [
      z.literal("none"),
      z.strictObject({
        claude: provider("claude", "claudeApiKey"),
        openai: provider("openai", "openaiApiKey"),
        gemini: provider("gemini", "geminiApiKey"),
      }),
    ],
    { error: "must name at least one of claude, openai and gemini, or be the word none" },
  )
  .meta({ description: "The model providers agents and llm-router use; the word `none` for no provider at all." });
