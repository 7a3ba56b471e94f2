/** How services reach the database: an address in the form their client takes, and each part of the login by itself. */
import * as pulumi from "@pulumi/pulumi";
import type { UrlForm } from "../../config/schema/data-services";
import type { Address, Credentials } from "../../kubernetes/data-service";
import { connectionUrl } from "../../kubernetes/data-service";

/** A login by its parts, and the address. */
export interface DatabaseConnection {
  readonly url: pulumi.Output<string>;
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly tls: boolean;
  /** SurrealDB namespace and database, in which the user is defined. */
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly password: pulumi.Output<string>;
}

/** Where a user signs in. */
interface Place {
  readonly namespace: string;
  readonly database: string;
}

/** How a user reaches a database. */
export function databaseConnection(
  form: UrlForm,
  tls: boolean,
  address: Address,
  credentials: Credentials,
  place: Place,
): DatabaseConnection {
  return {
    url: databaseUrl(form, tls, address, credentials, place),
    host: address.host,
    port: address.port,
    tls,
    namespace: place.namespace,
    name: place.database,
    user: credentials.username,
    password: pulumi.secret(credentials.password),
  };
}

function databaseUrl(
  form: UrlForm,
  tls: boolean,
  address: Address,
  credentials: Credentials,
  { namespace, database }: Place,
): pulumi.Output<string> {
  switch (form) {
    case "address":
      return pulumi.interpolate`${address.host}:${String(address.port)}`;
    case "ws":
      return connectionUrl(tls ? "wss" : "ws", address);
    case "http":
      return connectionUrl(tls ? "https" : "http", address);
    case "login": {
      const path = `/${encodeURIComponent(namespace)}/${encodeURIComponent(database)}`;
      return pulumi.secret(connectionUrl(tls ? "wss" : "ws", address, credentials, path));
    }
  }
}
