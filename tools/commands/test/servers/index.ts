/** The stores' real servers, for tests: built by their languages' package managers, or Debian's. Each once a machine. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Interrupted, UserError } from "../../../shared/user-error";
import { buildTools, builtTools, hasGo, missingTools } from "../../../cluster/go-tools";
import type { ServerPrograms } from "./programs";
import { findRedis, unpackRedis, whyNoRedis } from "./redis-program";
import { buildSurreal, builtSurreal, surrealVersion, whyNoSurreal } from "./surreal-program";

/** A store's server. */
export type Server = "surreal" | "nats-server" | "redis-server";

/** Each server, or why it is not here. */
export type Servers = Readonly<Record<Server, ServerPrograms | { readonly reason: string }>>;

type Progress = (text: string) => void;

/** How a server comes to this machine. */
interface Source {
  /** The server, if it is here. */
  readonly find: (root: string) => Promise<ServerPrograms | undefined>;
  /** Why it cannot be made here; undefined if it can. */
  readonly whyNot: () => Promise<string | undefined>;
  readonly make: (root: string, progress: Progress, signal?: AbortSignal) => Promise<void>;
  /** What making it takes. */
  readonly effort: string;
}

const SOURCES: Readonly<Record<Server, Source>> = {
  "nats-server": {
    find: (root) => Promise.resolve(builtNats(root)),
    whyNot: async () => ((await hasGo()) ? undefined : "no Go on PATH to build NATS with"),
    make: async (root, progress, signal) => {
      await buildTools(root, ["nats-server"], progress, signal);
    },
    effort: "1 minute on 2 cores",
  },
  "redis-server": { find: findRedis, whyNot: whyNoRedis, make: unpackRedis, effort: "a download of 2 MB" },
  surreal: {
    find: (root) => Promise.resolve(foundSurreal(root)),
    whyNot: whyNoSurreal,
    make: buildSurreal,
    effort: "15 to 25 minutes on 2 cores",
  },
};

export const SERVERS = Object.keys(SOURCES) as Server[];

/** Servers that are still to be made, and can be, with what that takes. */
export async function serversToMake(
  root: string,
  wanted: readonly Server[] = SERVERS,
): Promise<{ readonly server: Server; readonly effort: string }[]> {
  const missing = await Promise.all(
    wanted.map(async (server) => {
      const { find, whyNot, effort } = SOURCES[server];
      return (await find(root)) === undefined && (await whyNot()) === undefined ? [{ server, effort }] : [];
    }),
  );
  return missing.flat();
}

/** Makes what can be made of the missing servers, one after the other. @throws UserError if any fails; Interrupted */
export async function makeServers(root: string, progress: Progress, signal?: AbortSignal): Promise<void> {
  const failures: string[] = [];
  for (const { server } of await serversToMake(root)) {
    const told: Progress = (text) => {
      progress(`${server}: ${text}`);
    };
    await SOURCES[server].make(root, told, signal).catch((error: unknown) => {
      if (error instanceof Interrupted || !(error instanceof UserError)) throw error;
      failures.push(error.message);
    });
  }
  if (failures.length > 0) throw new UserError(failures.join("\n"));
}

/**
 * The servers that are here, and why the others are not.
 * @param notMade Why one that could have been made was not.
 */
export async function findServers(root: string, notMade = "it has not been made"): Promise<Servers> {
  const entries = SERVERS.map(async (server) => {
    const { find, whyNot } = SOURCES[server];
    return [server, (await find(root)) ?? { reason: (await whyNot()) ?? `no ${server}: ${notMade}` }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as unknown as Servers;
}

/** The version that go.mod names. */
export function natsVersion(root: string): string {
  const mod = readFileSync(join(root, "tools", "cluster", "go", "go.mod"), "utf8");
  return /github\.com\/nats-io\/nats-server\/v2 v(\S+)/.exec(mod)?.[1] ?? "";
}

function builtNats(root: string): ServerPrograms | undefined {
  if (missingTools(root, ["nats-server"]).length > 0) return undefined;
  return { programs: { "nats-server": builtTools(root).path("nats-server") }, version: natsVersion(root) };
}

function foundSurreal(root: string): ServerPrograms | undefined {
  const path = builtSurreal(root);
  return path === undefined ? undefined : { programs: { surreal: path }, version: surrealVersion(root) };
}
