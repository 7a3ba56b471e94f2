import { createHmac } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sourceRef } from "./credentials";
import type { Address, Bundled, Credentials, DataServiceSettings, External } from "./data-service";
import { connectionUrl } from "./data-service";
import { externalAddress } from "./external";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import type { SecretRef } from "./secret-ref";
import { DATA_DIR, Store, storeClaim } from "./store";
import { rotationJob } from "./surrealdb-rotation";

const PORTS = { http: 8000 };
const INIT_DIR = "/etc/surrealdb";
const COMPONENT = "database";
const PROTOCOL = { component: COMPONENT, port: PORTS.http, schemes: ["ws", "wss"] } as const;
/** The platform's own SurrealDB namespace and database in a bundled one. */
const BUNDLED = { namespace: "vapora", database: "vapora" } as const;
/** The platform's users, by turns: while one password is replaced, the other one's user still lets the pods in. */
const USERS = ["vapora", "vapora_alternate"] as const;

/** A SurrealDB that runs elsewhere. */
export interface ExternalDatabase extends External {
  readonly namespace: string;
  readonly database: string;
}

/** How often the generated passwords have been changed. */
export interface Rotations {
  readonly user: number;
  readonly root: number;
}

/** A bundled SurrealDB. */
export interface BundledDatabase extends Bundled {
  readonly rotations: Rotations;
}

export type SurrealDbArgs = Platform &
  DataServiceSettings<ExternalDatabase, BundledDatabase> & {
    /** Password of an external database's user. */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** SurrealDB: bundled (one server, RocksDB on its claim), or external. */
export class SurrealDb extends pulumi.ComponentResource {
  public readonly address: Address;
  /**
   * `ws://<user>:<password>@<host>:<port>/<namespace>/<database>`, user and password percent-encoded: its value, or
   * the Secret it is kept in.
   */
  public readonly url: { readonly value: pulumi.Output<string> } | { readonly secret: SecretRef };

  public constructor(name: string, args: SurrealDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:SurrealDb", name, {}, opts);
    // it stays as long as the data does: switching back finds the same passwords
    const seed = "external" in args && args.storage === undefined ? undefined : passwordSeed(name, args, this);
    if ("external" in args) {
      this.address = externalAddress(name, args, PROTOCOL, this);
      this.url = externalUrl(name, args, this.address, this);
    } else {
      if (seed === undefined) throw new Error(`${name}: a bundled database needs passwords`);
      const { user, root } = args.rotations;
      const users = usersOf(seed, user);
      this.address = this.bundled(name, args, users, password(seed, "root", root));
      this.url = { value: databaseUrl(PROTOCOL.schemes[0], this.address, currentOf(users), BUNDLED) };
    }
    this.registerOutputs({ address: this.address });
  }

  private bundled(
    name: string,
    args: Platform & BundledDatabase,
    users: readonly Credentials[],
    rootPassword: pulumi.Output<string>,
  ): Address {
    const { namespace } = args;
    const secret = new k8s.core.v1.Secret(
      `${name}-credentials`,
      {
        metadata: { name: `${name}-credentials`, namespace, labels: labelsOf({ app: name, component: COMPONENT }) },
        stringData: {
          "root-password": rootPassword,
          "init.surql": initScript(users, rootPassword),
          "users.surql": usersScript(users),
        },
      },
      { parent: this },
    );
    const secretName = secret.metadata.name;
    const store = new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        claimName: storeClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        args: surrealArguments(),
        ports: PORTS,
        config: {
          volume: { secret: { secretName, items: [{ key: "init.surql", path: "init.surql" }] } },
          mountPath: INIT_DIR,
        },
        secretRevision: args.revisions.of(rootPassword),
        readinessProbe: { httpGet: { path: "/health", port: PORTS.http }, periodSeconds: 5 },
        livenessProbe: { tcpSocket: { port: PORTS.http }, initialDelaySeconds: 10, periodSeconds: 30 },
        // time to flush what RocksDB holds in memory
        terminationGracePeriodSeconds: 120,
      },
      { parent: this },
    );
    if (args.rotations.user > 0) {
      const endpoint = connectionUrl("http", store.address);
      rotationJob(name, { ...args, users: BUNDLED, rotation: args.rotations.user, endpoint, secretName }, store, this);
    }
    return store.address;
  }
}

/**
 * Arguments of `surreal`. Its start-up file is run with the owner's rights at every start, before any login.
 * @see https://surrealdb.com/docs/surrealdb/cli/start
 */
export function surrealArguments(): string[] {
  return [
    "start",
    "--bind",
    `0.0.0.0:${String(PORTS.http)}`,
    "--log",
    "info",
    "--import-file",
    `${INIT_DIR}/init.surql`,
    `rocksdb://${DATA_DIR}/vapora.db`,
  ];
}

/**
 * SurrealQL that makes the platform's namespace, database and users: `root` for operators, and the platform's, who may
 * edit this database's data and schema and nothing else. Users are overwritten at every start, so a new password takes
 * effect with a restart; namespace and database are left alone if they exist.
 */
export function initScript(users: readonly Credentials[], rootPassword: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.interpolate`DEFINE USER OVERWRITE root ON ROOT PASSWORD '${rootPassword}' ROLES OWNER;
DEFINE NAMESPACE IF NOT EXISTS ${BUNDLED.namespace};
USE NS ${BUNDLED.namespace};
DEFINE DATABASE IF NOT EXISTS ${BUNDLED.database};
USE DB ${BUNDLED.database};
${definitions(users)}`;
}

/** SurrealQL that gives the platform's users their passwords in a running database. */
export function usersScript(users: readonly Credentials[]): pulumi.Output<string> {
  return pulumi.interpolate`OPTION IMPORT;
${definitions(users)}`;
}

function definitions(users: readonly Credentials[]): pulumi.Output<string> {
  const lines = users.map(
    ({ username, password: value }) =>
      pulumi.interpolate`DEFINE USER OVERWRITE ${username} ON DATABASE PASSWORD '${value}' ROLES EDITOR;\n`,
  );
  return pulumi.all(lines).apply((texts) => texts.join(""));
}

/** The platform's users after a number of rotations: the current one first, then the one it took over from. */
export function usersOf(seed: pulumi.Input<string>, rotation: number): Credentials[] {
  const numbers = rotation === 0 ? [0] : [rotation, rotation - 1];
  return numbers.map((number) => ({
    username: USERS[number % 2 === 0 ? 0 : 1],
    password: password(seed, "user", number),
  }));
}

function currentOf([current]: readonly Credentials[]): Credentials {
  if (current === undefined) throw new Error("a database needs a user");
  return current;
}

/** URL of an external database: from its parts, or where it is kept. */
function externalUrl(
  name: string,
  args: Platform & { readonly external: ExternalDatabase; readonly password?: pulumi.Output<string> | undefined },
  address: Address,
  parent: pulumi.Resource,
): SurrealDb["url"] {
  const { external, password: value } = args;
  if (external.url !== undefined) return { secret: sourceRef(`${name}-url`, external.url, args.namespace, parent) };
  if (external.username === undefined || value === undefined) {
    throw new Error(`${name}: an external database needs a user and its password, or a URL that is kept elsewhere`);
  }
  const credentials = { username: external.username, password: value };
  return { value: databaseUrl(PROTOCOL.schemes[external.tls ? 1 : 0], address, credentials, external) };
}

function databaseUrl(
  scheme: string,
  address: Address,
  credentials: Credentials,
  { namespace, database }: { readonly namespace: string; readonly database: string },
): pulumi.Output<string> {
  const path = `/${encodeURIComponent(namespace)}/${encodeURIComponent(database)}`;
  return pulumi.secret(connectionUrl(scheme, address, credentials, path));
}

/** What the generated passwords are made from. It is used for nothing else, and stays the same from run to run. */
function passwordSeed(
  name: string,
  { dataProtection }: Pick<Platform, "dataProtection">,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  return new random.RandomPassword(
    `${name}-password-seed`,
    { length: 64, special: false },
    { parent, protect: dataProtection },
  ).result;
}

/**
 * A password of 160 bits as hexadecimal digits, which stand in a URL and in SurrealQL as they are. A new rotation
 * gives one that cannot be told from those before it.
 */
function password(seed: pulumi.Input<string>, owner: "user" | "root", rotation: number): pulumi.Output<string> {
  const digest = pulumi.output(seed).apply((key) =>
    createHmac("sha256", key)
      .update(`${owner} ${String(rotation)}`)
      .digest("hex")
      .slice(0, 40),
  );
  return pulumi.secret(digest);
}
