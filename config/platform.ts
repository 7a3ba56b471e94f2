/** What a stack says about the cluster and about the platform as a whole. */
import { z } from "zod";
import * as values from "./values";

/** The cluster to deploy to. */
export const cluster = z.strictObject({
  /** A fixed name for the cluster. While it stays, a changed kubeconfig or proxy replaces nothing. */
  identifier: z.string().min(1),
  /** Path of a kubeconfig file. @default - KUBECONFIG, else ~/.kube/config */
  kubeconfig: z.string().min(1).optional(),
  /** Context inside the kubeconfig. @default - its current context */
  context: z.string().min(1).optional(),
});

/** The namespace everything lives in. */
export const namespace = z.strictObject({
  name: values.dnsLabel,
  /** False where somebody else makes it. @default true */
  create: z.boolean().default(true),
});

/** Where images come from. */
export const images = z.strictObject({
  /** Registry that replaces the one in every image name; the path stays. @default - images are used as written */
  registry: values.registry.optional(),
  /** Existing Secrets of type kubernetes.io/dockerconfigjson in the namespace. @default [] */
  pullSecrets: z.array(values.dnsName).default([]),
});

/** The model providers whose API keys VAPORA can use. */
export const PROVIDERS = ["claude", "openai", "gemini"] as const;

/** One model provider. */
export type Provider = (typeof PROVIDERS)[number];

/** Whether a missing API key stops the deployment. */
export const apiKeys = z.enum(["required", "optional"], { error: "must be 'required' or 'optional'" });
