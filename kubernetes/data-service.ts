/** What NATS, Redis and SurrealDB have in common, whether bundled or external. */
import * as pulumi from "@pulumi/pulumi";
import type { Source } from "./credential-source";
import type { WorkloadSettings } from "./pod";
import type { Env } from "./secret-ref";
import type { Storage } from "./volumes";

/** A data service that runs in the platform's namespace. */
export interface Bundled extends WorkloadSettings {
  readonly storage: Pick<Storage, "size" | "storageClass">;
  /** Annotations of the ServiceAccount. @default - none */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>> | undefined;
}

/** A data service that runs elsewhere. */
export interface External {
  /** Host name or address. */
  readonly host: string;
  /** @default - the data service's own port */
  readonly port?: number | undefined;
  /** IPv4 ranges the host resolves to. */
  readonly ranges: readonly string[];
  /** Encrypt the connection. */
  readonly tls: boolean;
  /** @default - no credentials, or those in `url` */
  readonly username?: string | undefined;
  /** Where the whole URL is kept. @default - it is made from the fields beside it */
  readonly url?: Source | undefined;
}

/** Bundled or external. An external one with `storage` keeps the bundled claim and its data in place. */
export type DataServiceSettings<E extends External = External, B extends Bundled = Bundled> =
  B | { readonly external: E; readonly storage?: Bundled["storage"] | undefined };

/** Where a data service is reached. */
export interface Address {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** IPv4 ranges of an external one; none for a bundled one. */
  readonly ranges: readonly string[];
}

/** Host and port as parts of a connection, and whether it is encrypted, where it is. */
export function addressParts({ host, port }: Pick<Address, "host" | "port">, tls = false): Env {
  return { HOST: host, PORT: String(port), ...(tls ? { TLS: "true" } : {}) };
}

/** User and password of a connection. */
export interface Credentials {
  readonly username: string;
  readonly password: pulumi.Input<string>;
}

/** A connection URL. User and password are percent-encoded, since either may hold any character. */
export function connectionUrl(
  scheme: string,
  { host, port }: Pick<Address, "host" | "port">,
  credentials?: Credentials,
  path = "",
): pulumi.Output<string> {
  const login =
    credentials === undefined
      ? ""
      : pulumi
          .output(credentials.password)
          .apply((password) => `${encodeURIComponent(credentials.username)}:${encodeURIComponent(password)}@`);
  return pulumi.interpolate`${scheme}://${login}${host}:${String(port)}${path}`;
}
