/** Credentials that are kept outside this stack's config. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "./labels";
import { PLATFORM } from "./platform";
import type { SecretRef } from "./secret-ref";

/** A Secret somebody else keeps, or one the External Secrets Operator brings; exactly one of the two. */
export interface Source {
  readonly existingSecret?: SecretKey | undefined;
  readonly externalSecret?: RemoteKey | undefined;
}

/** A key of a Secret in the namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
  /** Any text; a new one rolls the pods. @default - a changed value reaches a pod with its next start */
  readonly version?: string | undefined;
}

/** A key in a store that the External Secrets Operator reads. */
export interface RemoteKey {
  readonly store: string;
  readonly storeKind: "ClusterSecretStore" | "SecretStore";
  readonly remoteKey: string;
  /** @default - the whole value */
  readonly property?: string | undefined;
  /** How often the store is read, e.g. `1h`. */
  readonly refreshInterval: string;
  /** Any text; a new one rolls the pods. @default - a changed value reaches a pod with its next start */
  readonly version?: string | undefined;
}

/** A credential: its value, or where it is kept. */
export type Credential = { readonly value: pulumi.Output<string> } | Source;

/** Key of the Secrets the operator makes. */
const VALUE = "value";

/**
 * Reference to a credential that is kept elsewhere. For one in a store it makes an ExternalSecret, whose Secret has the
 * same name `<platform>-<name>`.
 */
export function createSourceRef(
  name: string,
  { existingSecret, externalSecret }: Source,
  namespace: pulumi.Input<string>,
  parent: pulumi.Resource,
): SecretRef {
  if (existingSecret !== undefined) {
    return { name: existingSecret.name, key: existingSecret.key, revision: existingSecret.version };
  }
  if (externalSecret === undefined) throw new Error(`${name}: a credential needs an existing or an external Secret`);
  const { store, storeKind, remoteKey, property, refreshInterval, version } = externalSecret;
  const secretName = `${PLATFORM}-${name}`;
  const made = new k8s.apiextensions.CustomResource(
    `${name}-external`,
    {
      // https://external-secrets.io/latest/api/externalsecret/
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: secretName, namespace, labels: labelsOf({ app: secretName, component: "secrets" }) },
      spec: {
        refreshInterval,
        secretStoreRef: { name: store, kind: storeKind },
        target: { name: secretName, creationPolicy: "Owner", deletionPolicy: "Retain" },
        data: [{ secretKey: VALUE, remoteRef: { key: remoteKey, ...(property === undefined ? {} : { property }) } }],
      },
    },
    { parent },
  );
  return { name: made.metadata.name, key: VALUE, revision: version };
}
