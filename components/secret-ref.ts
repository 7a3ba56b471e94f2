/** Secrets travel as references; values live in Secret objects alone. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** One key of a Secret in the platform's namespace. */
export interface SecretRef {
  readonly name: pulumi.Input<string>;
  readonly key: string;
}

/** Value of an environment variable: plain, or read from a Secret. */
export type EnvValue = pulumi.Input<string> | { readonly secret: SecretRef };

/** The `env` list of a container, in the order given. */
export function envList(env: Readonly<Record<string, EnvValue>>): k8s.types.input.core.v1.EnvVar[] {
  return Object.entries(env).map(([name, value]) =>
    isSecret(value)
      ? { name, valueFrom: { secretKeyRef: { name: value.secret.name, key: value.secret.key } } }
      : { name, value },
  );
}

function isSecret(value: EnvValue): value is { readonly secret: SecretRef } {
  return typeof value === "object" && !pulumi.Output.isInstance(value) && "secret" in value;
}
