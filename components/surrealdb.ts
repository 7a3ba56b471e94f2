import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sourceRef } from "./credentials";
import type { Address, Bundled, Credentials, DataServiceSettings, External } from "./data-service";
import { connectionUrl } from "./data-service";
import { externalAddress, externalParty } from "./external";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import type { Footprint } from "./footprint";
import type { SecretRef } from "./secret-ref";
import { DATA_DIR, Store, storeClaim } from "./store";
import { Rotation } from "./surrealdb-rotation";
import type { DatabaseLogin, SurrealClient } from "./surrealdb-import";
import {
  BUNDLED,
  currentOf,
  importerOf,
  initScript,
  password,
  passwordSeed,
  usersOf,
  usersScript,
} from "./surrealdb-users";
import type { Party } from "./traffic";

const PORTS = { http: 8000 };
const INIT_DIR = "/etc/surrealdb";
const COMPONENT = "database";
/** Key of the Secret `<name>-credentials` with the password of who brings the knowledge graph in. */
const IMPORTER_PASSWORD = "importer-password";
const PROTOCOL = { component: COMPONENT, portName: "http", port: PORTS.http, schemes: ["ws", "wss"] } as const;
/** A SurrealDB that runs elsewhere. */
export interface ExternalDatabase extends External {
  readonly namespace: string;
  readonly database: string;
  /** Image with SurrealDB's command-line client, and how it runs. @default - nothing is brought into the database */
  readonly client?: SurrealClient | undefined;
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

/** Who is let into a bundled database. */
interface Passwords {
  /** The platform's user, the current one first. */
  readonly users: readonly Credentials[];
  readonly importer: Credentials;
  readonly root: pulumi.Output<string>;
}

/** Who writes to the platform's database, and when. */
export interface DatabaseClient {
  readonly login: DatabaseLogin;
  /** What must be up first. */
  readonly startAfter: readonly pulumi.Resource[];
}

export type SurrealDbArgs = Platform &
  DataServiceSettings<ExternalDatabase, BundledDatabase> & {
    /** Password of an external database's user. */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** SurrealDB: bundled (one server, RocksDB on its claim), or external. */
export class SurrealDb extends pulumi.ComponentResource {
  public readonly address: Address;
  public readonly party: Party;
  /** The Job that rotates the user's password, while there is one. */
  public readonly rotation: Rotation | undefined;
  /** How to write to the platform's database; nothing where this program cannot. */
  public readonly client: (SurrealClient & DatabaseClient) | undefined;
  /** What server and Job take of the namespace's quota. */
  public readonly footprints: readonly Footprint[];
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
      this.party = externalParty(this.address, PROTOCOL);
      this.url = externalUrl(name, args, this.address, this);
      this.client = externalClient(name, args, this.address, this);
      this.footprints = [];
    } else {
      if (seed === undefined) throw new Error(`${name}: a bundled database needs passwords`);
      const { user, root } = args.rotations;
      const users = usersOf(seed, user);
      const importer = importerOf(seed, user);
      const passwords = { users, importer, root: password(seed, "root", root) };
      const { store, rotation, secretName } = this.bundled(name, args, passwords);
      this.address = store.address;
      this.party = store.party;
      this.rotation = rotation;
      this.footprints = [store.footprint, ...(rotation === undefined ? [] : [rotation.footprint])];
      this.url = { value: databaseUrl(PROTOCOL.schemes[0], this.address, currentOf(users), BUNDLED) };
      this.client = {
        ...args,
        login: importLogin(connectionUrl("http", store.address), BUNDLED, importer.username, secretName),
        startAfter: rotation === undefined ? [store] : [store, rotation],
      };
    }
    this.registerOutputs({ address: this.address });
  }

  private bundled(
    name: string,
    args: Platform & BundledDatabase,
    { users, importer, root }: Passwords,
  ): { readonly store: Store; readonly rotation: Rotation | undefined; readonly secretName: pulumi.Output<string> } {
    const secretName = credentialsSecret(
      name,
      args,
      {
        "root-password": root,
        "init.surql": initScript([...users, importer], root),
        "users.surql": usersScript([...users, importer]),
        [IMPORTER_PASSWORD]: importer.password,
      },
      this,
    );
    const store = new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        servers: 1,
        claimName: storeClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        args: surrealArguments(),
        ports: PORTS,
        config: {
          volume: { name: "config", secret: { secretName, items: [{ key: "init.surql", path: "init.surql" }] } },
          mount: { name: "config", mountPath: INIT_DIR, readOnly: true },
        },
        // who is not in its start-up file yet comes in with a restart
        annotations: { "checksum/secrets": args.revisions.of(pulumi.interpolate`${root} ${importer.username}`) },
        readinessProbe: { httpGet: { path: "/health", port: PORTS.http }, periodSeconds: 5 },
        livenessProbe: { tcpSocket: { port: PORTS.http }, initialDelaySeconds: 10, periodSeconds: 30 },
        // time to flush what RocksDB holds in memory
        terminationGracePeriodSeconds: 120,
      },
      { parent: this },
    );
    if (args.rotations.user === 0) return { store, rotation: undefined, secretName };
    const rotation = new Rotation(
      `${name}-rotation`,
      {
        ...args,
        startAfter: store,
        rotation: args.rotations.user,
        login: {
          ...BUNDLED,
          endpoint: connectionUrl("http", store.address),
          level: "root",
          user: "root",
          password: { name: secretName, key: "root-password" },
        },
        secretName,
      },
      { parent: this },
    );
    return { store, rotation, secretName };
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

/** The client of an external database, whose user's password then lies in a Secret of its own. */
function externalClient(
  name: string,
  args: Platform & { readonly external: ExternalDatabase; readonly password?: pulumi.Output<string> | undefined },
  address: Address,
  parent: pulumi.Resource,
): SurrealDb["client"] {
  const { client, username, tls } = args.external;
  if (client === undefined) return undefined;
  if (username === undefined || args.password === undefined) {
    throw new Error(`${name}: a client needs the user and its password`);
  }
  const secretName = credentialsSecret(name, args, { [IMPORTER_PASSWORD]: args.password }, parent);
  const endpoint = connectionUrl(tls ? "https" : "http", address);
  const server = JSON.stringify([args.external.host, address.port, tls]);
  const login = { ...importLogin(endpoint, args.external, username, secretName), server };
  return { ...client, login, startAfter: [] };
}

function importLogin(
  endpoint: pulumi.Input<string>,
  { namespace, database }: { readonly namespace: string; readonly database: string },
  user: string,
  secretName: pulumi.Input<string>,
): DatabaseLogin {
  const secret = { name: secretName, key: IMPORTER_PASSWORD };
  return { endpoint, namespace, database, level: "database", user, password: secret };
}

function credentialsSecret(
  name: string,
  { namespace }: Platform,
  stringData: Readonly<Record<string, pulumi.Input<string>>>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const secretName = `${name}-credentials`;
  const labels = labelsOf({ app: name, component: COMPONENT });
  const secret = new k8s.core.v1.Secret(
    secretName,
    { metadata: { name: secretName, namespace, labels }, stringData },
    { parent },
  );
  return secret.metadata.name;
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
