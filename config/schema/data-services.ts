/** What a stack says about NATS, Redis and SurrealDB: bundled with the platform, or run elsewhere. */
import { z } from "zod";
import "./meta";
import { source } from "./credentials";
import * as values from "./values";
import { storeStorage } from "./storage";
import { workload } from "./workloads";

/** https://redis.io/docs/latest/develop/reference/eviction/ */
const MAXMEMORY_POLICIES = [
  "noeviction",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
] as const;

/** The release that tests run; tests/unit/tools/commands/test/servers.test.ts holds both together. */
export const SURREALDB_IMAGE = "docker.io/surrealdb/surrealdb:v3.2.4";

function bundled(image: string) {
  return workload.extend({
    image: values.image.meta({
      description: "Image with a fixed tag or digest. docs/operations.md says which upgrades are safe.",
      example: image,
    }),
    storage: storeStorage,
  });
}

const bundledNats = bundled("docker.io/library/nats:2.15.2-alpine").extend({
  servers: z.literal([1, 3], { error: "must be 1 or 3" }).default(1).meta({
    description: "Servers to run. Three make a cluster, in which streams can have up to three replicas.",
    unit: "servers",
    example: 3,
  }),
  syncInterval: values.syncInterval.optional().meta({
    description:
      "How often messages are forced to disk: `always`, which is before each is acknowledged, or a duration. What was acknowledged since is lost if the node goes down. `always` costs a write to disk for each message: some 100 to 1,000 a second on a network disk.",
    absent: "`always` with one server; `2m` with three, since a stream's replicas have it as well",
    example: "1s",
  }),
});

const bundledRedis = bundled("docker.io/library/redis:8.6.2-alpine").extend({
  maxmemoryPolicy: z
    .enum(MAXMEMORY_POLICIES, { error: `must be one of ${MAXMEMORY_POLICIES.join(", ")}` })
    .default("noeviction")
    .meta({
      description:
        "What Redis does once its data takes two fifths of the memory limit: `noeviction` refuses writes, the others drop keys.",
      example: "allkeys-lru",
    }),
});

const urlForm = z
  .enum(["address", "ws", "http", "login"], { error: "must be address, ws, http or login" })
  .default("address")
  .meta({
    description:
      "What DATABASE_URL looks like. `address`: `<host>:<port>`. `ws`: `ws://<host>:<port>`. `http`: `http://<host>:<port>`. " +
      "`login`: `ws://<user>:<password>@<host>:<port>/<namespace>/<database>`. With TLS it is `wss` or `https`. " +
      "The parts of the login are there as variables of their own (DATABASE_HOST, DATABASE_USER and so on) in any case.",
    example: "ws",
  });

const bundledDatabase = bundled(SURREALDB_IMAGE).extend({
  urlForm,
  rotations: z
    .strictObject({
      user: values.rotations.meta({
        description: "Add one for a new password of the platform's user. The one before it works until the next.",
        unit: "rotations",
        example: 1,
      }),
      root: values.rotations.meta({
        description: "Add one for a new password of root. The database restarts.",
        unit: "rotations",
        example: 1,
      }),
    })
    .default({ user: 0, root: 0 })
    .meta({ description: "How often the generated passwords have been changed; never less than before." }),
});

function outside<T extends z.ZodRawShape>(external: z.ZodObject<T>) {
  return z.strictObject({
    external: external.meta({ description: "One that runs elsewhere, instead of the bundled one." }),
    storage: storeStorage.optional().meta({
      description: "Keeps the claim of a bundled one that was there before, with its data.",
      absent: "no claim",
    }),
  });
}

function host(port: number) {
  return z.strictObject({
    host: values.dnsName.meta({ description: "Host name or address.", example: "data.example.com" }),
    port: values.port.optional().meta({ description: "TCP port.", absent: String(port), example: port + 1 }),
    ranges: values.ranges.meta({
      description: "Address ranges the host resolves to; network policies can name addresses only.",
      example: ["10.20.0.0/16"],
    }),
    tls: z
      .boolean({ error: "must be true or false" })
      .default(false)
      .meta({ description: "Encrypt the connection.", example: true }),
    url: source.optional().meta({
      description: "Where the whole connection URL, with its credentials, is kept. The pods get it as it is.",
      absent: "it is made from the keys beside it",
    }),
  });
}

function broker(port: number, password: string) {
  return host(port).extend({
    username: values.text.optional().meta({
      description: `User name; its password is the secret \`${password}\`.`,
      absent: "no credentials",
      example: "vapora",
    }),
  });
}

/** A data service that runs in the platform's namespace. */
export type Bundled = z.infer<ReturnType<typeof bundled>>;
export type BundledNats = z.infer<typeof bundledNats>;
export type BundledRedis = z.infer<typeof bundledRedis>;
export type BundledDatabase = z.infer<typeof bundledDatabase>;
/** What `database-url` looks like. */
export type UrlForm = BundledDatabase["urlForm"];
/** A data service that runs elsewhere. */
export type External = z.infer<ReturnType<typeof broker>>;

const client = workload.omit({ resources: true, serviceAccountAnnotations: true }).extend({
  image: values.image.meta({ description: "Image with a fixed tag or digest.", example: SURREALDB_IMAGE }),
});

const database = host(8000).extend({
  username: values.text.optional().meta({
    description: "Database-level user; its password is the secret `surrealdbPassword`.",
    absent: "`url` holds it",
    example: "vapora",
  }),
  namespace: values.text.default("vapora").meta({ description: "SurrealDB namespace.", example: "platform" }),
  database: values.text.default("vapora").meta({ description: "SurrealDB database.", example: "main" }),
  urlForm,
  client: client.optional().meta({
    description:
      "The Job that brings the knowledge graph in: SurrealDB's image, which holds its command-line client, and how it runs.",
    absent: "nobody does; docs/learning.md shows how to",
  }),
});

/** SurrealDB's command-line client, and how its pod runs. */
export type SurrealClient = z.infer<typeof client>;
/** A SurrealDB that runs elsewhere. */
export type ExternalDatabase = z.infer<typeof database>;

const nats = z
  .union([bundledNats, outside(broker(4222, "natsPassword"))])
  .meta({ description: "NATS with JetStream." });
const redis = z.union([bundledRedis, outside(broker(6379, "redisPassword"))]).meta({ description: "Redis." });
const surrealdb = z.union([bundledDatabase, outside(database)]).meta({ description: "SurrealDB." });

/** The data services by their key, in the order of a stack file. */
export const dataServices = { nats, redis, surrealdb };

/** Key of a data service. */
export type DataServiceName = keyof typeof dataServices;
/** Keys of the data services. */
export const DATA_SERVICES = Object.keys(dataServices) as readonly DataServiceName[];
