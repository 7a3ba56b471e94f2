/**
 * The bundled Redis on a real server: its memory, what it acknowledges, and what a full disk does.
 *
 * The server is Debian's, of another major version than the image's; the titles say which one was tried.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "../../tools/recording/recording";
import { eventually } from "../support/programs";
import { objectNamed, objectsOf } from "../support/recordings";
import type { Container } from "../support/servers/container";
import { describeWithDisks, Disk, GrowingDisk } from "../support/servers/disk";
import { edited } from "../support/servers/edited";
import { describeWithMemoryLimit, describeWithServers, serverVersion } from "../support/servers/machine";
import { PodNetwork } from "../support/servers/network";
import { Redis } from "../support/servers/redis";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(300_000);

const SERVER = `Redis ${serverVersion("redis-server") ?? ""} (the image's is newer)`;
const WRITES = 10_000;
const MEGABYTE = 1024 * 1024;
const VALUE = "y".repeat(1_000);
/** Writes that are under way at a time. */
const BATCH = 50;
const FILL = "for i = ARGV[1], ARGV[2] do redis.call('SET', 'key:' .. i, ARGV[3]) end";
const OVERWRITE = "for i = 1, 1000 do redis.call('SET', 'key:' .. math.random(0, ARGV[1] - 1), ARGV[2], 'XX') end";
/** Bytes that Redis takes for one of these. */
const ENTRY = 1_100;

let network: PodNetwork;
let objects: readonly KubernetesObject[];
let redis: KubernetesObject;

function withNetwork(): void {
  beforeEach(async () => {
    network = await PodNetwork.create();
    objects = await objectsOf("dev");
    redis = objectNamed(objects, "StatefulSet", "redis");
  });
  afterEach(() => network.close());
}

describeWithMemoryLimit(`the memory limit of ${SERVER}`, ["redis-server"], () => {
  withNetwork();

  test("holds while a full server's log is rewritten under writes; with three quarters for data it is killed", async () => {
    const rendered = await rewriteOf(redis, "rendered");
    const greedy = withOption(redis, "maxmemory", String(0.75 * rendered.limit));
    const attempts = [await rewriteOf(greedy, "most")];
    // the kernel may have found enough to take back
    if (attempts[0]?.isKilled !== true) attempts.push(await rewriteOf(greedy, "most-again"));
    tell(`rendered: ${told(rendered)}; three quarters: ${attempts.map(told).join(", then ")}`);
    expect(rendered).toMatchObject({ isKilled: false, status: "ok" });
    expect(attempts.some(({ isKilled }) => isKilled)).toBe(true);
  });
});

describeWithServers(SERVER, ["redis-server"], () => {
  withNetwork();

  test("loses none of 10,000 acknowledged writes when its process is killed amid them", async () => {
    const server = await network.run(redis, { objects });
    await server.untilReady();
    const writer = new Writer(server.address).start();
    await writer.untilAcknowledged(WRITES / 2);
    server.container.kill("SIGKILL");
    await writer.untilAcknowledged(WRITES);
    await writer.stop();
    const lost = await writer.lost();
    tell(`killed: ${String(writer.acknowledged.size)} acknowledged, lost ${String(lost.length)}`);
    expect(server.exits).toEqual([{ code: 137 }]);
    expect(lost).toEqual([]);
  });

  test("is Ready within two seconds of listening", async () => {
    const server = await network.run(redis, { objects });
    const listening = eventually(() =>
      Redis.connect(server.address, 100).then(
        (client) => {
          client.close();
          return Date.now();
        },
        () => undefined,
      ),
    );
    await server.untilReady();
    const wait = Date.now() - (await listening);
    tell(`Ready ${String(wait)} ms after it listened, ${String(server.when("ready"))} ms after its container started`);
    expect(wait).toBeLessThan(2_000);
    expect(await server.container.probe("readiness")).toBe(true);
    await server.container.exec(["redis-cli", "config", "set", "port", "0"]);
    expect(await server.container.probe("readiness")).toBe(false);
  });

  test("that is full refuses writes and keeps every key by noeviction, and drops keys by allkeys-lru", async () => {
    const refusing = await fill(objects);
    const section = fixtureStack("dev").config["vapora:redis"] as object;
    const dropping = await fill(
      await objectsOf("dev", { "vapora:redis": { ...section, maxmemoryPolicy: "allkeys-lru" } }),
    );
    tell(`full: by noeviction ${told(refusing)}; by allkeys-lru ${told(dropping)}`);
    expect(refusing.refused).toMatch(/^OOM command not allowed/);
    expect(refusing.kept).toBe(refusing.accepted);
    expect(dropping.refused).toBe("");
    expect(dropping.kept).toBeLessThan(dropping.accepted);
  });
});

describeWithDisks(`${SERVER} on a disk of its own`, ["redis-server"], () => {
  withNetwork();

  test("loses with its node what was acknowledged in its last two seconds, and nothing else; with no fsync it loses more", async () => {
    const rendered = await nodeLossOf(redis);
    const never = await nodeLossOf(withOption(redis, "appendfsync", "no"));
    tell(`node lost: ${told(rendered)}; with appendfsync no: ${told(never)}`);
    expect(rendered.oldestLost).toBeLessThan(2_000);
    expect(never.oldestLost).toBeGreaterThan(3_000);
  });

  test("refuses writes on a full disk and takes them again once it has grown; killed before that it loses one batch at most", async () => {
    const disk = await GrowingDisk.create(12 * MEGABYTE);
    const pod = { objects, volumes: new Map([["redis-data", disk.path]]), memoryLimit: false };
    const server = await network.run(redis, pod);
    await server.untilReady();
    const first = await writeUntilRefused(server.address, 0);
    const whileFull = { isReady: server.isReady, unread: (await first.lost()).length };
    await disk.grow(24 * MEGABYTE);
    const client = await Redis.connect(server.address);
    const grown = await eventually(async () =>
      (await client.send("SET", "key", "value")) === "OK" ? "OK" : undefined,
    );
    server.container.kill("SIGKILL");
    await server.untilRestarted(1);
    await server.untilReady();
    const lostAfterGrowth = await first.lost();
    const second = await writeUntilRefused(server.address, 100_000);
    server.container.kill("SIGKILL");
    await server.untilRestarted(2);
    await server.untilReady();
    const lostWhileFull = await second.lost();
    await disk.grow(48 * MEGABYTE);
    const afterwards = await Redis.connect(server.address).then((again) => again.send("SET", "key", "value"));
    tell(
      `full disk: ${String(first.acknowledged.size)} acknowledged (${[...new Set(first.errors)].join("; ")}), ` +
        `${told(whileFull)}; grown: ${grown}, then killed: lost ${String(lostAfterGrowth.length)}; killed while full: lost ` +
        `${String(lostWhileFull.length)} of ${String(second.acknowledged.size)}, the first is number ` +
        `${String(lostWhileFull[0])} of ${String([...second.acknowledged.keys()].at(-1))}; grown: ${String(afterwards)}`,
    );
    expect(first.errors[0]).toMatch(/^MISCONF Errors writing to the AOF file: No space left on device/);
    expect(whileFull).toEqual({ isReady: true, unread: 0 });
    expect(lostAfterGrowth).toEqual([]);
    expect(lostWhileFull.length).toBeLessThanOrEqual(BATCH);
    expect([...second.acknowledged.keys()].slice(-lostWhileFull.length || Infinity)).toEqual(lostWhileFull);
    expect(afterwards).toBe("OK");
    await server.stop();
    await disk.close();
  });
});

interface Rewrite {
  readonly isKilled: boolean;
  /** Bytes that the container may use. */
  readonly limit: number;
  /** How the rewrite has ended, and what it has copied, if the server lives. */
  readonly status?: string;
  readonly copied?: string;
  readonly rounds: number;
  /** Bytes in use, with the page cache. */
  readonly most: number;
}

/** Fills a server, and overwrites keys while its log is rewritten. */
async function rewriteOf(set: KubernetesObject, name: string): Promise<Rewrite> {
  const volumes = new Map([["redis-data", network.claim(name)]]);
  const server = await network.start(set, { objects, name, volumes });
  await eventually(async () => ((await server.probe("startup")) ? true : undefined));
  const client = await Redis.connect(server.address);
  const keys = Math.floor((Number(optionOf(set, "maxmemory")) * 0.94) / ENTRY);
  const { memoryLimit: limit = 0 } = server.spec;
  let [rounds, most] = [0, 0];
  try {
    // by scripts, so that the server and not this client sets the pace
    for (let begin = 0; begin < keys; begin += 5_000) {
      await client.send("EVAL", FILL, "0", String(begin), String(Math.min(begin + 5_000, keys) - 1), VALUE);
    }
    // the server has begun by itself, since the log has grown
    await eventually(async () => ((await client.info("aof_rewrite_in_progress")) === "0" ? true : undefined), 60_000);
    // a disk so slow that every page is written to meanwhile, whatever this machine's is
    await client.send("CONFIG", "SET", "rdb-key-save-delay", "50");
    expect(String(await client.send("BGREWRITEAOF"))).toMatch(/started/);
    do {
      await client.send("EVAL", OVERWRITE, "0", String(keys), VALUE);
      rounds++;
      most = Math.max(most, server.memory());
    } while ((await client.info("aof_rewrite_in_progress")) === "1" || rounds < 5);
    const [status, copied] = [await client.info("aof_last_bgrewrite_status"), await client.info("aof_last_cow_size")];
    await server.destroy();
    return { isKilled: server.oomKilled(), limit, rounds, most, status, copied };
  } catch {
    // its connection has ended with it
    await server.destroy();
    return { isKilled: server.oomKilled(), limit, rounds, most };
  }
}

/** Writes more than a server of dev may keep. */
async function fill(
  withPolicy: readonly KubernetesObject[],
): Promise<{ readonly accepted: number; readonly kept: number; readonly refused: string }> {
  const set = objectNamed(withPolicy, "StatefulSet", "redis");
  const server = await network.start(set, {
    objects: withPolicy,
    volumes: new Map([["redis-data", network.claim(optionOf(set, "maxmemory-policy"))]]),
  });
  await eventually(async () => ((await server.probe("startup")) ? true : undefined));
  const client = await Redis.connect(server.address);
  const keys = Math.floor((Number(optionOf(set, "maxmemory")) * 1.2) / ENTRY);
  let [accepted, refused] = [0, ""];
  for (let begin = 0; begin < keys; begin += 1_000) {
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => client.send("SET", key(begin + index), VALUE)),
    );
    accepted += replies.filter((reply) => reply === "OK").length;
    refused = replies.find((reply) => reply instanceof Error)?.toString() ?? refused;
  }
  const kept = Number(await client.send("DBSIZE"));
  await server.destroy();
  return { accepted, kept, refused: refused.replace(/^Error: /, "") };
}

/** Writes until the disk is full. */
async function writeUntilRefused(address: string, first: number): Promise<Writer> {
  const writer = new Writer(address, VALUE, first).start();
  await eventually(() => Promise.resolve(writer.errors.length > 0 ? true : undefined), 60_000);
  await writer.stop();
  return writer;
}

/** Writes until the node with the disk goes down, and looks what another node finds on it. */
async function nodeLossOf(
  set: KubernetesObject,
): Promise<{ readonly acknowledged: number; readonly lost: number; readonly oldestLost: number }> {
  const disk = await Disk.create(200 * MEGABYTE);
  const volumes = new Map([["redis-data", disk.path]]);
  const before = await started(set, volumes);
  const writer = new Writer(before.address).start();
  await sleep(6_000);
  const down = Date.now();
  await disk.goDown();
  await before.destroy();
  await writer.stop();
  await disk.comeBack();
  const after = await started(set, volumes);
  const lost = await writer.lost();
  await after.destroy();
  await disk.close();
  const times = lost.map((number) => down - (writer.acknowledged.get(number) ?? 0));
  return { acknowledged: writer.acknowledged.size, lost: lost.length, oldestLost: Math.max(0, ...times) };
}

async function started(set: KubernetesObject, volumes: ReadonlyMap<string, string>): Promise<Container> {
  const server = await network.start(set, { objects, volumes });
  await eventually(async () => ((await server.probe("startup")) ? true : undefined));
  return server;
}

/** Writes numbered keys, a batch at a time, until each is acknowledged, whatever happens to the server. */
class Writer {
  /** When each was, in milliseconds since the epoch. */
  public readonly acknowledged = new Map<number, number>();
  /** What the server has said of writes that it refused. */
  public readonly errors: string[] = [];
  private isOver = false;
  private running: Promise<void> = Promise.resolve();

  public constructor(
    private readonly address: string,
    private readonly value = "value",
    private readonly first = 0,
  ) {}

  public start(): this {
    this.running = this.run();
    return this;
  }

  public async untilAcknowledged(count: number): Promise<void> {
    await eventually(() => Promise.resolve(this.acknowledged.size >= count ? true : undefined), 60_000);
  }

  public async stop(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  /** Numbers of acknowledged writes that the server does not have. */
  public async lost(): Promise<number[]> {
    const client = await Redis.connect(this.address);
    const found = [...this.acknowledged.keys()].map(
      async (number) => [number, await client.send("EXISTS", key(number))] as const,
    );
    const lost = (await Promise.all(found)).filter(([, exists]) => exists !== 1).map(([number]) => number);
    client.close();
    return lost;
  }

  private async run(): Promise<void> {
    let client: Redis | undefined;
    for (let next = this.first; !this.isOver; next += BATCH) {
      try {
        client ??= await Redis.connect(this.address);
        await Promise.all(Array.from({ length: BATCH }, (_, index) => this.write(client, next + index)));
        // a pace at which the last seconds are a part of all
        await sleep(5);
      } catch {
        client?.close();
        client = undefined;
        await sleep(50);
      }
    }
    client?.close();
  }

  private async write(client: Redis | undefined, number: number): Promise<void> {
    const reply = await client?.send("SET", key(number), this.value);
    if (reply === "OK") this.acknowledged.set(number, Date.now());
    else if (reply instanceof Error) this.errors.push(reply.message);
  }
}

function key(number: number): string {
  return `key:${String(number)}`;
}

function optionOf({ spec }: KubernetesObject, option: string): string {
  const { template } = spec as {
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: string[] }[] } };
  };
  const args = template.spec.containers[0]?.args ?? [];
  return args[args.indexOf(`--${option}`) + 1] ?? "";
}

function withOption(set: KubernetesObject, option: string, value: string): KubernetesObject {
  return edited(set, ({ args }) => {
    args[args.indexOf(`--${option}`) + 1] = value;
  });
}

function told(figures: object): string {
  return JSON.stringify(figures);
}

/** Figures for whoever reads the run. */
function tell(text: string): void {
  console.log(text);
}
