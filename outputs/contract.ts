/**
 * The producer's side of the contract. index.ts imports this file and never the folder, whose package.json leads to
 * what was built for others: only sources are deployed.
 */
import type * as pulumi from "@pulumi/pulumi";
import { secretOf } from "../kubernetes/secret-ref";
import type { EnvValue, SecretRef } from "../kubernetes/secret-ref";
import type { DataServiceName } from "../config/schema/data-services";
import type { ServiceName } from "../config/schema/services";
import { CONTRACT_VERSION, ofServices } from "./declaration";
import type { DataServiceOutput, SecretReference, ServiceOutput, VaporaOutputs } from "./declaration";

/** A value of which any part may come from a resource. */
export type Produced<T> = pulumi.Input<T> | (T extends object ? { readonly [K in keyof T]: Produced<T[K]> } : never);

/** What the components offer to the outputs; the rest of them is their own. */
interface Parts {
  readonly cluster: { readonly identifier: string };
  readonly namespace: { readonly name: pulumi.Output<string> };
  readonly services: Readonly<Record<ServiceName, { readonly [K in keyof ServiceOutput]: Produced<ServiceOutput[K]> }>>;
  readonly dataServices: Readonly<Record<DataServiceName, { readonly address: Produced<DataServiceOutput> }>> &
    Readonly<Record<"nats" | "redis", { readonly url: EnvValue }>>;
  /** The platform's own Secret keys by the name of their output. */
  readonly secrets: { readonly databaseUrl: SecretRef } & Readonly<Partial<Record<string, SecretRef>>>;
}

/** The outputs of a stack made of these parts. */
export function contract(parts: Parts): { readonly [K in keyof VaporaOutputs]: Produced<VaporaOutputs[K]> } {
  const { cluster, namespace, services, dataServices, secrets } = parts;
  const { nats, redis, surrealdb } = dataServices;
  const all: Readonly<Record<ServiceName, Produced<ServiceOutput>>> = ofServices((name) =>
    serviceOutput(services[name]),
  );
  return {
    contractVersion: CONTRACT_VERSION,
    clusterIdentifier: cluster.identifier,
    namespace: namespace.name,
    ...all,
    nats: nats.address,
    redis: redis.address,
    surrealdb: surrealdb.address,
    secrets: {
      ...references({ natsUrl: secretOf(nats.url), redisUrl: secretOf(redis.url), ...secrets }),
      databaseUrl: reference(secrets.databaseUrl),
    },
  };
}

function serviceOutput({ deployment, service }: Parts["services"][ServiceName]): Produced<ServiceOutput> {
  return { deployment, service };
}

function references(secrets: Readonly<Partial<Record<string, SecretRef>>>): Record<string, Produced<SecretReference>> {
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([name, secret]) => (secret === undefined ? [] : [[name, reference(secret)]])),
  );
}

/** Name and key alone: what rolls a pod is the platform's own matter. */
function reference({ name, key }: SecretRef): Produced<SecretReference> {
  return { name, key };
}
