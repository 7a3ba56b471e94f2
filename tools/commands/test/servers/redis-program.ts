/** Redis' server: the machine's, or Debian's, unpacked into the user's cache. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../shared/user-error";
import { userCache } from "../../../shared/cache";
import { onPath } from "../../../shared/on-path";
import { run } from "../../../shared/processes";
import type { ServerPrograms } from "./programs";

const PACKAGE = "redis-tools";
const LIBRARIES = ["usr/lib", "lib"];

/** The machine's Redis, else the one of the cache. */
export async function findRedis(): Promise<ServerPrograms | undefined> {
  const folder = join(cache(), "usr", "bin");
  // redis-tools has the server as redis-check-rdb: the program looks at the name it is called by
  const server = onPath("redis-server") ?? onPath("redis-check-rdb") ?? existing(join(folder, "redis-check-rdb"));
  const client = onPath("redis-cli") ?? existing(join(folder, "redis-cli"));
  if (server === undefined || client === undefined) return undefined;
  const libraries = server.startsWith(cache()) ? { libraryPath: libraryPath() } : {};
  const env = libraries.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraries.libraryPath };
  const { stdout } = await run(client, ["--version"], { env });
  const version = /(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? "";
  return { programs: { "redis-server": server, "redis-cli": client }, version, ...libraries };
}

/** Why there can be none; undefined if Debian's can be unpacked. */
export async function whyNoRedis(): Promise<string | undefined> {
  if (onPath("apt-get") === undefined || onPath("dpkg-deb") === undefined) {
    return "no redis-server on PATH, and no apt-get to download Debian's";
  }
  const { code } = await run("apt-get", ["download", "--print-uris", PACKAGE]);
  return code === 0 ? undefined : `no redis-server on PATH, and apt-get knows no ${PACKAGE}: as root, apt-get update`;
}

/** Downloads Debian's package and the libraries it needs, and unpacks them. Nothing is installed, so that no root is needed. */
export async function unpackRedis(
  _root: string,
  progress: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const unfinished = `${cache()}.${String(process.pid)}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const done = new Set<string>();
    for (let wanted = [PACKAGE]; wanted.length > 0;) {
      progress(`downloading ${wanted.join(", ")}`);
      await checked("apt-get", ["download", ...wanted], unfinished, signal);
      for (const name of wanted) done.add(name);
      const files = readdirSync(unfinished).filter((name) => name.endsWith(".deb"));
      const needed: string[] = [];
      for (const file of files) {
        needed.push(...dependencies(await checked("dpkg-deb", ["--field", file, "Depends"], unfinished, signal)));
        await checked("dpkg-deb", ["--extract", file, "."], unfinished, signal);
        rmSync(join(unfinished, file));
      }
      const missing = await Promise.all(
        [...new Set(needed)].map(async (name) => (done.has(name) || (await isInstalled(name)) ? [] : [name])),
      );
      wanted = missing.flat();
    }
    rmSync(cache(), { recursive: true, force: true });
    renameSync(unfinished, cache());
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Libraries among the first alternatives of a package's dependencies; adduser is for a service that is installed. */
function dependencies(field: string): string[] {
  return field
    .split(",")
    .map((one) => /^\s*([a-z0-9.+-]+)/.exec(one)?.[1] ?? "")
    .filter((name) => name.startsWith("lib"));
}

async function isInstalled(name: string): Promise<boolean> {
  const { code, stdout } = await run("dpkg-query", ["--show", "--showformat=${Status}", name]);
  return code === 0 && stdout.includes("install ok installed");
}

async function checked(program: string, args: readonly string[], cwd: string, signal?: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, { cwd, signal });
  if (code === 0) return stdout;
  throw new UserError(`${program} ${args.join(" ")} failed: ${stderr.trim()}`);
}

/** One folder for each release of the distribution, whose libraries these need. */
function cache(): string {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const id = /^VERSION_ID="?([\w.]+)/m.exec(release)?.[1] ?? "unknown";
  return join(userCache(), `redis-${id}-${process.arch}`);
}

function libraryPath(): string {
  const folders = LIBRARIES.map((folder) => join(cache(), folder)).filter((folder) => existsSync(folder));
  const inner = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith("-linux-gnu"))
      .map((name) => join(folder, name)),
  );
  return [...folders, ...inner].join(":");
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
