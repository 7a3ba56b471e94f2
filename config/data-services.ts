/** What a stack says about NATS, Redis and SurrealDB: bundled with the platform, or run elsewhere. */
import { z } from "zod";
import * as values from "./values";
import { resources, storage } from "./workloads";

const host = z.strictObject({
  /** Host name or address, e.g. `nats.example.com`. */
  host: values.dnsName,
  /** TCP port. @default - the data service's own: 4222, 6379, 8000 */
  port: values.port.optional(),
  /** Address ranges the host resolves to; network policies can name addresses only. */
  ranges: z.array(values.cidr).min(1),
  /** Encrypt the connection. @default false */
  tls: z.boolean().default(false),
});

const credentials = host.extend({
  /** User name; the password is the stack's secret `natsPassword` or `redisPassword`. @default - no credentials */
  username: z.string().min(1).optional(),
});

const database = host.extend({
  /** Database-level user; the password is the stack's secret `surrealdbPassword`. */
  username: z.string().min(1),
  /** SurrealDB namespace. @default vapora */
  namespace: z.string().min(1).default("vapora"),
  /** SurrealDB database. @default vapora */
  database: z.string().min(1).default("vapora"),
});

const bundled = z.strictObject({
  /** Image with a fixed tag or digest. */
  image: values.image,
  resources,
  /** The one claim the data lies on; single-node stores are ReadWriteOnce. */
  storage: storage.omit({ accessMode: true }),
});

/**
 * Bundled (image, resources, storage) or external. An external one may keep `storage`: then the bundled claim
 * stays in place, so that switching never deletes data.
 */
const outside = { storage: bundled.shape.storage.optional() };

export const nats = z.union([bundled, z.strictObject({ ...outside, external: credentials })]);
export const redis = z.union([bundled, z.strictObject({ ...outside, external: credentials })]);
export const surrealdb = z.union([bundled, z.strictObject({ ...outside, external: database })]);
