/** Secrets travel as references; values live in Secret objects alone. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { combinedRevision } from "./revisions";

/** One key of a Secret in the platform's namespace. */
export interface SecretRef {
  readonly name: pulumi.Input<string>;
  readonly key: string;
  /** Changes with the value and rolls the pods that use it. @default - a changed value reaches a pod with its next start */
  readonly revision?: pulumi.Input<string> | undefined;
}

/** Value of an environment variable: plain, or read from a Secret. */
export type EnvValue = pulumi.Input<string> | { readonly secret: SecretRef };

/** Environment variables by name. */
export type Env = Readonly<Record<string, EnvValue>>;

/** The `env` list of a container, in the order given. */
export function envList(env: Env): k8s.types.input.core.v1.EnvVar[] {
  return Object.entries(env).map(([name, value]) =>
    isSecret(value)
      ? { name, valueFrom: { secretKeyRef: { name: value.secret.name, key: value.secret.key } } }
      : { name, value },
  );
}

/** The annotation that rolls a pod when a secret in its environment changes. None without any. */
export function secretsAnnotation(env: Env): Readonly<Record<string, pulumi.Output<string>>> {
  const revisions = Object.entries(env).flatMap(([name, value]) =>
    isSecret(value) && value.secret.revision !== undefined ? [[name, value.secret.revision] as const] : [],
  );
  const combined = combinedRevision(Object.fromEntries(revisions));
  return combined === undefined ? {} : { "checksum/secrets": combined };
}

/** The Secret a value is read from; undefined if it is plain. */
export function secretOf(value: EnvValue): SecretRef | undefined {
  return isSecret(value) ? value.secret : undefined;
}

function isSecret(value: EnvValue): value is { readonly secret: SecretRef } {
  return typeof value === "object" && !pulumi.Output.isInstance(value) && "secret" in value;
}
