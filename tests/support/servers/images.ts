/** What the images of the stores hold, as far as their pods use it: programs at the paths where the image has them. */
import type { Server } from "../../../tools/commands/test/servers";
import type { ServerPrograms } from "../../../tools/commands/test/servers/programs";
import { onPath } from "../programs";

interface Image {
  readonly server: Server;
  /** What runs where the template names no command. @default - a script that is not here */
  readonly entrypoint?: readonly string[];
  /** By path in the image, the program of the server's. */
  readonly programs: Readonly<Record<string, string>>;
  /** By path in the image, a program that this machine has too. */
  readonly tools: Readonly<Record<string, string>>;
}

const ALPINE = { "/bin/sh": "sh", "/bin/grep": "grep", "/bin/cat": "cat", "/bin/sleep": "sleep" };

/** By the last part of the repository's name. SurrealDB's image holds its one program and no shell. */
const IMAGES: Readonly<Record<string, Image>> = {
  surrealdb: { server: "surreal", entrypoint: ["/surreal"], programs: { "/surreal": "surreal" }, tools: {} },
  nats: { server: "nats-server", programs: { "/usr/local/bin/nats-server": "nats-server" }, tools: ALPINE },
  redis: {
    server: "redis-server",
    programs: { "/usr/local/bin/redis-server": "redis-server", "/usr/local/bin/redis-cli": "redis-cli" },
    tools: ALPINE,
  },
};

/** What an image holds here. */
export interface ImageContent {
  readonly entrypoint: readonly string[] | undefined;
  /** Programs of this machine by their path in the image. */
  readonly files: Readonly<Record<string, string>>;
  /** Where libraries of the server lie that this machine does not have by itself. */
  readonly libraryPath: string | undefined;
}

/** The content of an image. @throws Error if it is none of a store's, or its server is not here */
export function contentOf(image: string, servers: Readonly<Partial<Record<Server, ServerPrograms>>>): ImageContent {
  const repository = image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const known = IMAGES[repository.split("/").at(-1) ?? ""];
  if (known === undefined) throw new Error(`what the image ${image} holds is not known here`);
  const server = servers[known.server];
  if (server === undefined) throw new Error(`there is no ${known.server} for the image ${image}`);
  const files = [
    ...Object.entries(known.programs).map(([path, name]) => [path, server.programs[name]] as const),
    ...Object.entries(known.tools).map(([path, name]) => [path, onPath(name)] as const),
  ].map(([path, source]) => {
    if (source === undefined) throw new Error(`${path} of the image ${image} is not on this machine`);
    return [path, source] as const;
  });
  return { entrypoint: known.entrypoint, files: Object.fromEntries(files), libraryPath: server.libraryPath };
}

/** The version that an image's tag names: `v3.2.4` and `2.15.2-alpine` are 3.2.4 and 2.15.2. */
export function versionOf(image: string): string {
  return /:v?(\d+(?:\.\d+)*)[^:/]*$/.exec(image.replace(/@.*$/, ""))?.[1] ?? "";
}
