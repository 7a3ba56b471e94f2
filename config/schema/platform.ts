/** What a stack says about the cluster and about the platform as a whole. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

export const cluster = z
  .strictObject({
    identifier: values.text.meta({
      description: "A fixed name for the cluster. While it stays, a changed kubeconfig or proxy replaces nothing.",
      example: "vapora-prod",
    }),
    kubeconfig: values.text.optional().meta({
      description: "Path of a kubeconfig file.",
      absent: "KUBECONFIG, else ~/.kube/config",
      example: "kubeconfig.yaml",
    }),
    context: values.text.optional().meta({
      description: "Context inside the kubeconfig.",
      absent: "its current context",
      example: "production",
    }),
    kubeSystemUid: values.objectUid.optional().meta({
      description:
        "UID of the cluster's namespace kube-system, which stays whatever the cluster is called. The stack goes to no other cluster: a preview or an update against another one, or none, fails before anything is planned.",
      absent: "any cluster will do",
      example: "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90",
    }),
  })
  .meta({ description: "The cluster to deploy to." });

export const namespace = z
  .strictObject({
    name: values.dnsLabel.meta({ description: "Name of the namespace.", example: "vapora-system" }),
    create: z
      .boolean({ error: "must be true or false" })
      .default(true)
      .meta({ description: "False where somebody else makes it.", example: false }),
  })
  .meta({ description: "The namespace everything lives in." });

export const images = z
  .strictObject({
    registry: values.registry.optional().meta({
      description: "Registry that replaces the one in every image name; the path stays.",
      absent: "images are used as written",
      example: "registry.example.com/mirror",
    }),
    pullSecrets: z
      .array(values.dnsName, { error: "must be a list of names of Secrets" })
      .refine((names) => new Set(names).size === names.length, { error: "must not name a Secret twice" })
      .default([])
      .meta({
        description: "Existing Secrets of type kubernetes.io/dockerconfigjson in the namespace.",
        example: ["registry-login"],
      }),
  })
  .default({ pullSecrets: [] })
  .meta({ description: "Where images come from." });

/** Where images come from. */
export type Images = z.infer<typeof images>;

export const dataProtection = z.boolean({ error: "must be true or false" }).meta({
  description: "Protect the namespace, the claims and the generated passwords from deletion.",
  example: true,
});
