/** Who calls whom. */
import type * as pulumi from "@pulumi/pulumi";
import type { Senders } from "../config/schema/exposure";
import { mainPort } from "./ports";
import type { Ports } from "./ports";
import type { Env, EnvValue } from "./secret-ref";

/** By caller: whom it calls, and on which of the callee's ports. */
export type TrafficTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** One end of a call: pods of the platform, or address ranges outside the cluster. */
export type Party = Pods | Outside;

/** Pods of the platform. */
export interface Pods {
  /** Value of their `app` label. */
  readonly app: string;
  readonly ports: Ports;
  /** Ports on which the pods reach each other. @default - they do not */
  readonly peerPorts?: readonly string[];
  /** Where requests from outside the cluster come from, to the first port. @default - nowhere */
  readonly openTo?: readonly Senders[];
}

/** Something outside the cluster. */
export interface Outside {
  readonly ranges: readonly string[];
  /** Ranges inside those that are cut out. @default - none */
  readonly except?: readonly string[];
  readonly ports: Ports;
}

/** How something is reached. */
export interface Connection {
  /** URL of its first port. */
  readonly url: EnvValue;
  /** What a client that takes no such URL needs, by the end of a variable's name, e.g. `HOST`. @default - the URL alone */
  readonly parts?: Env;
}

/** Something that can be called. */
export interface Callee extends Connection {
  readonly party: Party;
  /** What must be up before a caller starts. @default - a caller need not wait */
  readonly startFirst?: pulumi.Resource;
}

/** What a component is given of those it calls. */
export interface Calls<Name extends string> {
  readonly to: Readonly<Record<Name, Connection>>;
  readonly startAfter: readonly pulumi.Resource[];
}

/** Callees that are handed to a caller by name; the model providers have no one URL. */
type Named<Row> = Exclude<keyof Row, "providers"> & string;

/** The table, and what follows from it for each caller. */
export class Traffic<const T extends TrafficTable> {
  public constructor(public readonly table: T) {}

  /**
   * Connections to those a caller calls: exactly the ones the table names, which the compiler sees to.
   * @throws Error if the table names a port that the URL does not lead to.
   */
  public calls<C extends keyof T & string>(
    caller: C,
    callees: Readonly<Record<Named<T[C]>, Callee>>,
  ): Calls<Named<T[C]>> {
    const named = Object.entries<Callee>(callees);
    for (const [name, { party }] of named) {
      const port = this.table[caller]?.[name];
      if (port === undefined || party.ports[port] !== mainPort(party.ports)) {
        throw new Error(`${caller} calls ${name} on ${String(port)}, which is not the port of its URL`);
      }
    }
    return {
      to: callees,
      startAfter: named.flatMap(([, { startFirst }]) => startFirst ?? []),
    };
  }
}

/** A connection as environment: `<prefix>_URL`, and each of its parts, e.g. `<prefix>_HOST`. */
export function connectionEnv(prefix: string, { url, parts = {} }: Connection): Env {
  return Object.fromEntries(Object.entries({ URL: url, ...parts }).map(([end, value]) => [`${prefix}_${end}`, value]));
}
