/** Credentials that are kept outside this stack's config. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Source } from "../config/schema/credentials";
import { labelsOf } from "./labels";
import { PLATFORM } from "./platform";
import type { SecretRef } from "./secret-ref";

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
