import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { BundledDatabase, ExternalDatabase, SurrealClient } from "../../config/schema/data-services";
import { createSourceRef } from "../../kubernetes/credential-source";
import type { Address, DataServiceSettings } from "../../kubernetes/data-service";
import { connectionUrl } from "../../kubernetes/data-service";
import { databaseConnection } from "./connection";
import type { DatabaseConnection } from "./connection";
import { createExternalAddress, externalParty } from "../../kubernetes/external";
import { labelsOf } from "../../kubernetes/labels";
import type { Platform } from "../../kubernetes/platform";
import type { Footprint } from "../../kubernetes/footprint";
import type { SecretRef } from "../../kubernetes/secret-ref";
import { Store, createStoreClaim } from "../../kubernetes/store";
import { HTTP_PORT, INIT_DIR, INIT_FILE, PROBES, surrealArguments, surrealEnv } from "./server";
import { Rotation } from "./rotation";
import { IMPORT_OPTION } from "./import-job";
import type { DatabaseLogin } from "./import-job";
import type { DatabaseUser } from "./users";
import {
  BUNDLED,
  currentOf,
  importerOf,
  initScript,
  initShape,
  password,
  createPasswordSeed,
  STARTUP_CHECK,
  usersOf,
  usersScript,
} from "./users";
import type { Party } from "../../kubernetes/traffic";

const PORTS = { http: HTTP_PORT };
const COMPONENT = "database";
/** Key of the Secret `<name>-credentials` with the password of the user that imports the knowledge graph. */
const IMPORTER_PASSWORD = "importer-password";
const PROTOCOL = { component: COMPONENT, portName: "http", port: PORTS.http, schemes: ["ws", "wss"] } as const;
/** Who is let into a bundled database. */
interface Passwords {
  /** The platform's user, the current one first. */
  readonly users: readonly DatabaseUser[];
  readonly importer: DatabaseUser;
  readonly root: pulumi.Output<string>;
}

/** Who writes to the platform's database, and when. */
export interface DatabaseClient {
  readonly login: DatabaseLogin;
  /** What must be up first. */
  readonly startAfter: readonly pulumi.Resource[];
  /** SurrealQL that fails where the database is not as it should be. @default - nothing is looked at */
  readonly check?: string;
}

export type SurrealDbArgs = Platform &
  DataServiceSettings<ExternalDatabase, BundledDatabase> & {
    /** Password of an external database's user. */
    readonly password?: pulumi.Output<string> | undefined;
    /** The knowledge graph as SurrealQL, which the start-up file of a bundled database runs. */
    readonly graph: string;
  };

/** SurrealDB: bundled (one server, RocksDB on its claim), or external. */
export class SurrealDb extends pulumi.ComponentResource {
  public readonly address: Address;
  public readonly party: Party;
  /** The Job that rotates the user's password, while there is one. */
  public readonly rotation: Rotation | undefined;
  /** How to write to the platform's database; undefined if this program cannot. */
  public readonly client: (SurrealClient & DatabaseClient) | undefined;
  /** What server and Job take of the namespace's quota. */
  public readonly footprints: readonly Footprint[];
  /** How the platform's user reaches the database, or the Secret in which the whole URL is kept. */
  public readonly connection: DatabaseConnection | { readonly secret: SecretRef };

  public constructor(name: string, args: SurrealDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:SurrealDb", name, {}, opts);
    // it stays as long as the data does: switching back finds the same passwords
    const seed = "external" in args && args.storage === undefined ? undefined : createPasswordSeed(name, args, this);
    if ("external" in args) {
      this.address = createExternalAddress(name, args, PROTOCOL, this);
      this.party = externalParty(this.address, PROTOCOL);
      this.connection = externalConnection(name, args, this.address, this);
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
      this.connection = databaseConnection(args.urlForm, false, this.address, currentOf(users), BUNDLED);
      this.client = {
        ...args,
        login: importLogin(connectionUrl("http", store.address), BUNDLED, importer.username, secretName),
        startAfter: rotation === undefined ? [store] : [store, rotation],
        check: STARTUP_CHECK,
      };
    }
    this.registerOutputs({ address: this.address });
  }

  private bundled(
    name: string,
    args: Platform & BundledDatabase & { readonly graph: string },
    { users, importer, root }: Passwords,
  ): { readonly store: Store; readonly rotation: Rotation | undefined; readonly secretName: pulumi.Output<string> } {
    const secretName = createCredentialsSecret(
      name,
      args,
      {
        "root-password": root,
        [INIT_FILE]: initScript([...users, importer], root, args.graph),
        "users.surql": pulumi.interpolate`${IMPORT_OPTION}${usersScript([...users, importer])}`,
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
        claimName: createStoreClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        args: surrealArguments(),
        env: surrealEnv(args.resources),
        ports: PORTS,
        config: {
          volume: { name: "config", secret: { secretName, items: [{ key: INIT_FILE, path: INIT_FILE }] } },
          mount: { name: "config", mountPath: INIT_DIR, readOnly: true },
        },
        // a user that the start-up file makes anew comes with a restart; a rotation and a new graph come by a Job
        annotations: { "checksum/secrets": args.revisions.of(pulumi.interpolate`${root} ${initShape()}`) },
        ...PROBES,
        // time to flush what RocksDB holds in memory
        terminationGracePeriodSeconds: 120,
      },
      { parent: this },
    );
    const { user, root: rootRotation } = args.rotations;
    if (user + rootRotation === 0) return { store, rotation: undefined, secretName };
    const rotation = new Rotation(
      `${name}-rotation`,
      {
        ...args,
        startAfter: store,
        rotation: [user, rootRotation],
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
  const secretName = createCredentialsSecret(name, args, { [IMPORTER_PASSWORD]: args.password }, parent);
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

function createCredentialsSecret(
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

/** How an external database is reached: from its parts, or by a URL that is kept elsewhere. */
function externalConnection(
  name: string,
  args: Platform & { readonly external: ExternalDatabase; readonly password?: pulumi.Output<string> | undefined },
  address: Address,
  parent: pulumi.Resource,
): SurrealDb["connection"] {
  const { external, password: value } = args;
  if (external.url !== undefined)
    return { secret: createSourceRef(`${name}-url`, external.url, args.namespace, parent) };
  if (external.username === undefined || value === undefined) {
    throw new Error(`${name}: an external database needs a user and its password, or a URL that is kept elsewhere`);
  }
  const credentials = { username: external.username, password: value };
  return databaseConnection(external.urlForm, external.tls, address, credentials, external);
}
