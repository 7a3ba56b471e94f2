import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Address, Bundled, Credentials, DataServiceSettings, External } from "./data-service";
import { connectionUrl } from "./data-service";
import { externalAddress } from "./external";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import { DATA_DIR, Store, storeClaim } from "./store";

const PORTS = { http: 8000 };
const INIT_DIR = "/etc/surrealdb";
const COMPONENT = "database";
const PROTOCOL = { component: COMPONENT, port: PORTS.http, schemes: ["ws", "wss"] } as const;
/** The platform's own SurrealDB namespace, database and user in a bundled database. */
const BUNDLED = { namespace: "vapora", database: "vapora", username: "vapora" } as const;

/** A SurrealDB that runs elsewhere. */
export interface ExternalDatabase extends External {
  /** Database-level user. */
  readonly username: string;
  readonly namespace: string;
  readonly database: string;
}

export type SurrealDbArgs = Platform &
  DataServiceSettings<ExternalDatabase> & {
    /** Password of an external database's user. */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** SurrealDB: bundled (one server, RocksDB on its claim), or external. */
export class SurrealDb extends pulumi.ComponentResource {
  public readonly address: Address;
  /** `ws://<user>:<password>@<host>:<port>/<namespace>/<database>`, user and password percent-encoded; secret. */
  public readonly url: pulumi.Output<string>;

  public constructor(name: string, args: SurrealDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:SurrealDb", name, {}, opts);
    // they stay as long as the data does: switching back finds both
    const generated = args.storage === undefined ? undefined : generatedPasswords(name, args, this);
    if ("external" in args) {
      const { external, password } = args;
      if (password === undefined) throw new Error(`${name}: an external database needs its user's password`);
      this.address = externalAddress(name, args, PROTOCOL, this);
      this.url = databaseUrl(PROTOCOL.schemes[external.tls ? 1 : 0], this.address, { ...external, password }, external);
    } else {
      const { password, rootPassword } = generated ?? generatedPasswords(name, args, this);
      this.address = this.bundled(name, args, initScript(password, rootPassword), rootPassword);
      this.url = databaseUrl(PROTOCOL.schemes[0], this.address, { username: BUNDLED.username, password }, BUNDLED);
    }
    this.registerOutputs({ address: this.address });
  }

  private bundled(
    name: string,
    args: Platform & Bundled,
    script: pulumi.Output<string>,
    rootPassword: pulumi.Output<string>,
  ): Address {
    const secret = new k8s.core.v1.Secret(
      `${name}-credentials`,
      {
        metadata: {
          name: `${name}-credentials`,
          namespace: args.namespace,
          labels: labelsOf({ app: name, component: COMPONENT }),
        },
        stringData: { "root-password": rootPassword, "init.surql": script },
      },
      { parent: this },
    );
    const store = new Store(
      name,
      {
        ...args,
        component: COMPONENT,
        claimName: storeClaim(name, { ...args, component: COMPONENT }, this).metadata.name,
        args: surrealArguments(),
        ports: PORTS,
        config: {
          volume: { secret: { secretName: secret.metadata.name, items: [{ key: "init.surql", path: "init.surql" }] } },
          mountPath: INIT_DIR,
        },
        readinessProbe: { httpGet: { path: "/health", port: PORTS.http }, periodSeconds: 5 },
        livenessProbe: { tcpSocket: { port: PORTS.http }, initialDelaySeconds: 10, periodSeconds: 30 },
        // time to flush what RocksDB holds in memory
        terminationGracePeriodSeconds: 120,
      },
      { parent: this },
    );
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
 * SurrealQL that makes the platform's namespace, database and two users: `root` for operators, and one who may edit
 * this database's data and schema and nothing else. Users are overwritten at every start, so a new password takes
 * effect with a restart; namespace and database are left alone if they exist.
 */
export function initScript(
  password: pulumi.Output<string>,
  rootPassword: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.interpolate`DEFINE USER OVERWRITE root ON ROOT PASSWORD '${rootPassword}' ROLES OWNER;
DEFINE NAMESPACE IF NOT EXISTS ${BUNDLED.namespace};
USE NS ${BUNDLED.namespace};
DEFINE DATABASE IF NOT EXISTS ${BUNDLED.database};
USE DB ${BUNDLED.database};
DEFINE USER OVERWRITE ${BUNDLED.username} ON DATABASE PASSWORD '${password}' ROLES EDITOR;
`;
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

/** Passwords of the platform's user and of root. They stay the same from run to run. */
function generatedPasswords(
  name: string,
  { dataProtection }: Pick<Platform, "dataProtection">,
  parent: pulumi.Resource,
): Record<"password" | "rootPassword", pulumi.Output<string>> {
  // letters and digits only: it stands in a URL and in SurrealQL
  const generated = (logicalName: string): pulumi.Output<string> =>
    new random.RandomPassword(logicalName, { length: 32, special: false }, { parent, protect: dataProtection }).result;
  return { password: generated(`${name}-password`), rootPassword: generated(`${name}-root-password`) };
}
