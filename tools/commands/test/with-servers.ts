/** Namespaces that all tests of real servers run in: nothing they do reaches this machine's network, or outlives them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { leftovers } from "../../shared/alive";
import { cacheFolder } from "../../recording/compile";
import { onPath } from "../../shared/on-path";
import { run } from "../../shared/processes";
import type { Servers } from "./servers";

/** Environment variable that tells tests of real servers: JSON of {@link TestServers}. */
export const TEST_SERVERS = "VAPORA_TEST_SERVERS";

/** What tests of real servers find, or why they are skipped. */
export type TestServers =
  | { readonly reason: string }
  | {
      /** Everything of this run. */
      readonly folder: string;
      /** Where this run may make memory cgroups. */
      readonly memory?: MemoryCgroup;
      readonly servers: Servers;
    };

interface MemoryCgroup {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** A command line, in parts. */
export type Command = readonly [program: string, ...args: string[]];

const PREFIX = "test-servers-";
const CGROUP_PREFIX = "vapora-test-servers-";
const CGROUPS = [
  { folder: "/sys/fs/cgroup", version: 2, limit: "cgroup.controllers" },
  { folder: "/sys/fs/cgroup/memory", version: 1, limit: "memory.limit_in_bytes" },
] as const;
const PROGRAMS = ["unshare", "nsenter", "setpriv", "mount", "chroot", "ldd", "ip"];
/** Of the run: its network, its mounts, and its processes, which end with the first of them. */
const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
/** Network namespaces of pods are files there. */
const PREPARE = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up && exec "$@"';
const TRIAL = "ip link add pods type bridge && ip netns add pod && ip link add p type veth peer name eth0 netns pod";

/** Runs something with what tests of real servers need, and takes away whatever they leave. */
export async function withTestServers<T>(
  root: string,
  servers: Servers,
  body: (env: Readonly<Record<string, string>>, inNamespaces: (command: Command) => Command) => Promise<T>,
): Promise<T> {
  sweep(root);
  const reason = await whyNoPods();
  if (reason !== undefined) return body({ [TEST_SERVERS]: JSON.stringify({ reason }) }, (command) => command);
  const folder = join(cacheFolder(root), `${PREFIX}${String(process.pid)}`);
  mkdirSync(folder, { recursive: true });
  const memory = makeMemoryCgroup();
  const found: TestServers = { folder, ...(memory === undefined ? {} : { memory }), servers };
  try {
    return await body({ [TEST_SERVERS]: JSON.stringify(found) }, inNamespaces);
  } finally {
    if (memory !== undefined) await removeCgroup(memory.folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

function inNamespaces(command: Command): Command {
  return ["unshare", ...NAMESPACES, "sh", "-c", PREPARE, "sh", ...command];
}

/** Why this machine cannot run a pod; undefined if it can. */
export async function whyNoPods(): Promise<string | undefined> {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  const missing = PROGRAMS.find((program) => onPath(program) === undefined);
  if (missing !== undefined)
    return missing === "ip" ? "no ip on PATH: apt-get install iproute2" : `no ${missing} on PATH`;
  const [program, ...args] = inNamespaces(["sh", "-c", TRIAL]);
  const { code, stderr } = await run(program, args);
  return code === 0 ? undefined : `no right to make namespaces: ${stderr.trim()}`;
}

/** Stops nothing: what a killed run had started has ended with it. Its folder and its cgroups are left. */
function sweep(root: string): void {
  const folder = cacheFolder(root);
  for (const name of leftovers(folder, PREFIX)) rmSync(join(folder, name), { recursive: true, force: true });
  for (const { folder: cgroups } of CGROUPS)
    for (const name of leftovers(cgroups, CGROUP_PREFIX)) void removeCgroup(join(cgroups, name));
}

/** Undefined if there is no such cgroup, or if it cannot be written, as in most containers. */
function makeMemoryCgroup(): MemoryCgroup | undefined {
  const found = CGROUPS.find(({ folder, limit }) => existsSync(join(folder, limit)));
  if (found === undefined) return undefined;
  const { folder: cgroups, version } = found;
  const folder = join(cgroups, `${CGROUP_PREFIX}${String(process.pid)}`);
  try {
    if (version === 2) hand(cgroups);
    mkdirSync(folder);
    if (version === 2) hand(folder);
    return { folder, version };
  } catch {
    return undefined;
  }
}

/** Lets the cgroups within one limit their memory. */
function hand(folder: string): void {
  const file = join(folder, "cgroup.subtree_control");
  if (!readFileSync(file, "utf8").split(/\s/).includes("memory")) writeFileSync(file, "+memory");
}

/** Removes a cgroup and those within it, once their processes have gone. */
async function removeCgroup(folder: string): Promise<void> {
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of inner) await removeCgroup(join(folder, name));
  for (let tries = 0; tries < 100; tries++) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      // the kernel takes a moment to let its last process go
      await setTimeout(20);
    }
  }
}
