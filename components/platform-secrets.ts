import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Credential } from "../config";
import { addressParts } from "../kubernetes/data-service";
import { createSourceRef } from "../kubernetes/credential-source";
import { labelsOf } from "../kubernetes/labels";
import type { Platform } from "../kubernetes/platform";
import type { Env, SecretRef } from "../kubernetes/secret-ref";
import type { SurrealDb } from "./surrealdb/surrealdb";
import type { DatabaseConnection } from "./surrealdb/connection";
import type { Callee } from "../kubernetes/traffic";

const NAME = "vapora-secrets";

export interface PlatformSecretsArgs extends Platform {
  /** The database; a new URL is handed out once it is up and lets its user in. */
  readonly database: SurrealDb;
  /** API keys of the model providers by name; one that is not there is left out. */
  readonly apiKeys: Readonly<Partial<Record<string, Credential>>>;
}

/**
 * The Secret `vapora-secrets` with the keys `database-url`, `database-<part>` for each part of the login, and
 * `<provider>-api-key`, less those that are kept elsewhere. Others get references only.
 */
export class PlatformSecrets extends pulumi.ComponentResource {
  /** The database, reached by the URL in the Secret. */
  public readonly database: Callee;
  /** Reference to each API key that is there, by the environment variable that holds it, e.g. `CLAUDE_API_KEY`. */
  public readonly apiKeys: Env;
  /** References by the name of their output: `databaseUrl`, `<provider>ApiKey`. */
  public readonly references: Readonly<Record<string, SecretRef>> & { readonly databaseUrl: SecretRef };

  public constructor(name: string, args: PlatformSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:PlatformSecrets", name, {}, opts);
    const { database, namespace, revisions } = args;
    const apiKeys = Object.entries(args.apiKeys).flatMap(([provider, credential]) =>
      credential === undefined ? [] : [{ provider, key: `${provider}-api-key`, credential }],
    );
    const { connection } = database;
    const values = Object.fromEntries<pulumi.Input<string>>([
      ...("secret" in connection ? [] : databaseKeys(connection)),
      ...apiKeys.flatMap(({ key, credential }) => ("value" in credential ? [[key, credential.value] as const] : [])),
    ]);
    const secret = Object.keys(values).length === 0 ? undefined : createPlatformSecret(name, values, args, this);

    const own = (key: string, value: pulumi.Input<string>): SecretRef => ({
      name: secret?.metadata.name ?? NAME,
      key,
      revision: revisions.of(value),
    });
    const secretUrl = "secret" in connection ? connection.secret : own("database-url", connection.url);
    const parts = "secret" in connection ? {} : databaseParts(connection, own);
    this.database = { party: database.party, url: { secret: secretUrl }, parts, startFirst: database };
    const keys = apiKeys.map(({ provider, key, credential }) => ({
      provider,
      secret: "value" in credential ? own(key, credential.value) : createSourceRef(key, credential, namespace, this),
    }));
    this.apiKeys = Object.fromEntries(
      keys.map(({ provider, secret: ref }) => [`${provider.toUpperCase()}_API_KEY`, { secret: ref }]),
    );
    this.references = {
      ...Object.fromEntries(keys.map(({ provider, secret: ref }) => [`${provider}ApiKey`, ref])),
      databaseUrl: secretUrl,
    };
    this.registerOutputs({});
  }
}

/** The parts of a login by their key; that it is encrypted is a variable alone. */
function databaseKeys(connection: DatabaseConnection): (readonly [string, pulumi.Input<string>])[] {
  const parts = ["url", "host", "namespace", "name", "user", "password"] as const;
  const port = ["database-port", String(connection.port)] as const;
  return [...parts.map((part) => [`database-${part}`, connection[part]] as const), port];
}

/**
 * What a client is given beside the URL. User and password come from the same Secret at the same time, so that a pod
 * that starts in the midst of a rotation does not get one user's name and another's password.
 */
function databaseParts(
  { host, port, tls, namespace, name, user, password }: DatabaseConnection,
  own: (key: string, value: pulumi.Input<string>) => SecretRef,
): Env {
  return {
    ...addressParts({ host, port }, tls),
    NAMESPACE: namespace,
    NAME: name,
    USER: { secret: own("database-user", user) },
    PASSWORD: { secret: own("database-password", password) },
  };
}

function createPlatformSecret(
  name: string,
  values: Readonly<Record<string, pulumi.Input<string>>>,
  { namespace, database }: PlatformSecretsArgs,
  parent: pulumi.Resource,
): k8s.core.v1.Secret {
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: NAME, namespace, labels: labelsOf({ app: NAME, component: "secrets" }) },
      stringData: values,
    },
    { parent, dependsOn: database },
  );
}
