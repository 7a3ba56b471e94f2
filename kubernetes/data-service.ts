/** What NATS, Redis and SurrealDB have in common, whether bundled or external. */
import * as pulumi from "@pulumi/pulumi";
import type { Bundled, External } from "../config/schema/data-services";
import type { Env } from "./secret-ref";

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
