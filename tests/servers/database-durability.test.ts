/** What the bundled database has acknowledged, on SurrealDB's own server: over a kill, a lost node and a full disk. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "../../tools/recording/recording";
import { objectNamed, objectsOf } from "../support/recordings";
import { describeWithDisks, Disk, GrowingDisk } from "../support/servers/disk";
import { edited } from "../support/servers/edited";
import { describeWithServers } from "../support/servers/machine";
import { PodNetwork } from "../support/servers/network";
import { get, platformLogin, signIn, sql } from "../support/servers/surrealdb";
import type { Login } from "../support/servers/surrealdb";

jest.setTimeout(300_000);

const RECORDS = 10_000;
const CLIENTS = 4;
/** Records that are acknowledged at once, since one statement makes them. */
const TRANSACTION = 100;
const MEGABYTE = 1024 * 1024;

let network: PodNetwork;
let objects: readonly KubernetesObject[];
let set: KubernetesObject;

function withNetwork(): void {
  beforeEach(async () => {
    network = await PodNetwork.create();
    objects = await objectsOf("dev");
    set = objectNamed(objects, "StatefulSet", "surrealdb");
  });
  afterEach(() => network.close());
}

describeWithServers("the bundled database", ["surreal"], () => {
  withNetwork();

  test("loses none of 10,000 acknowledged records when its process is killed amid them", async () => {
    const database = await network.run(set, { objects });
    await database.untilReady();
    const writer = new Writer(database.address, platformLogin(objects)).start();
    await writer.untilAcknowledged(RECORDS / 2);
    database.container.kill("SIGKILL");
    await writer.untilAcknowledged(RECORDS);
    await writer.stop();
    const lost = await writer.lost();
    tell(`killed: ${String(writer.acknowledged.length)} acknowledged, lost ${String(lost.length)}`);
    expect(database.exits).toEqual([{ code: 137 }]);
    expect(lost).toEqual([]);
  });
});

describeWithDisks("the bundled database on a disk of its own", ["surreal"], () => {
  withNetwork();

  test("loses no acknowledged record with its node; without a sync at each commit it loses some", async () => {
    const rendered = await nodeLossOf(set);
    const unsynced = edited(set, ({ args }) => {
      const place = args.findIndex((arg) => arg.startsWith("rocksdb://"));
      args[place] = `${args[place] ?? ""}?sync=never`;
    });
    const never = await nodeLossOf(unsynced);
    tell(`node lost: ${JSON.stringify(rendered)}; with sync=never: ${JSON.stringify(never)}`);
    expect(rendered.lost).toBe(0);
    expect(never.lost).toBeGreaterThan(0);
  });

  test("on a full disk writes fail and reads go on; killed, it does not start until the disk has grown, and has lost nothing", async () => {
    const disk = await GrowingDisk.create(64 * MEGABYTE);
    const pod = { objects, volumes: new Map([["surrealdb-data", disk.path]]), memoryLimit: false };
    const database = await network.run(set, { ...pod, backOffSeconds: 1 });
    await database.untilReady(120_000);
    const writer = new Writer(database.address, platformLogin(objects), 20_000).start();
    const refusals = (): string[] => writer.failures.filter((failure) => failure.includes("No space left on device"));
    while (refusals().length === 0) await sleep(100);
    await writer.stop();
    const lost = await writer.lost();
    const [ready, status] = [await get(database.address, "/ready"), await get(database.address, "/status")];
    database.container.kill("SIGKILL");
    await database.untilRestarted(2);
    const [reason] = /IO error: .*/.exec(database.log().slice(-2_000)) ?? [];
    const exits = database.exits.map(({ code }) => code);
    await disk.grow(200 * MEGABYTE);
    await database.untilReady(120_000);
    const afterwards = await writer.lost();
    const more = new Writer(
      database.address,
      platformLogin(objects),
      20_000,
      writer.acknowledged.length + 10_000,
    ).start();
    await more.untilAcknowledged(100);
    await more.stop();
    tell(
      `full disk: ${String(writer.acknowledged.length)} records acknowledged, then ${String(refusals()[0])}; /ready ` +
        `${String(ready)}, /status ${String(status)}, lost ` +
        `${String(lost.length)}; killed: ended with ${exits.join(", ")}; of ${String(reason)}; grown: lost ${String(afterwards.length)}`,
    );
    // /ready is 200 until the server's heartbeat, which is written too, is stale
    expect(status).toBe(200);
    expect(lost).toEqual([]);
    expect(exits.slice(1).every((code) => code !== 0)).toBe(true);
    expect(reason).toMatch(/No space left on device/);
    expect(exits.length).toBeGreaterThan(1);
    expect(afterwards).toEqual([]);
    await database.stop();
    await disk.close();
  });
});

/** Makes records until the node with the disk goes down, and counts what another node finds on it. */
async function nodeLossOf(
  database: KubernetesObject,
): Promise<{ readonly acknowledged: number; readonly lost: number }> {
  const disk = await Disk.create(500 * MEGABYTE);
  const pod = { objects, volumes: new Map([["surrealdb-data", disk.path]]) };
  const before = await network.start(database, pod);
  while (!(await before.probe("startup"))) await sleep(100);
  const writer = new Writer(before.address, platformLogin(objects)).start();
  await writer.untilAcknowledged(RECORDS / 10);
  await disk.goDown();
  await before.destroy();
  await writer.stop();
  await disk.comeBack();
  const after = await network.start(database, pod);
  while (!(await after.probe("startup"))) await sleep(100);
  const lost = await writer.lost();
  await after.destroy();
  await disk.close();
  return { acknowledged: writer.acknowledged.length, lost: lost.length };
}

/** Makes numbered records, a transaction after the other, from several clients, until it is told to stop. */
class Writer {
  public readonly acknowledged: number[] = [];
  /** What was said of transactions that failed. */
  public readonly failures: string[] = [];
  private isOver = false;
  private clients: Promise<void>[] = [];

  /** @param bytes Of one record. */
  public constructor(
    private readonly address: string,
    private readonly login: Login,
    private readonly bytes = 100,
    private next = 0,
  ) {}

  public start(): this {
    this.clients = Array.from({ length: CLIENTS }, () => this.run());
    return this;
  }

  public async untilAcknowledged(count: number): Promise<void> {
    const deadline = Date.now() + 180_000;
    while (this.acknowledged.length < count) {
      if (Date.now() > deadline)
        throw new Error(`${String(this.acknowledged.length)} acknowledged: ${this.failures.slice(-3).join("; ")}`);
      await sleep(20);
    }
  }

  public async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  /** Numbers of acknowledged records that the database does not have. */
  public async lost(): Promise<number[]> {
    const known = new Set(await this.found());
    return this.acknowledged.filter((number) => !known.has(number));
  }

  private async found(): Promise<number[]> {
    try {
      const [found] = await sql(this.address, "SELECT VALUE number FROM record", this.login);
      return found as number[];
    } catch (error) {
      // the table went with its records
      if (String(error).includes("The table 'record' does not exist")) return [];
      throw error;
    }
  }

  private async run(): Promise<void> {
    let token: string | undefined;
    while (!this.isOver) {
      const first = this.next;
      this.next += TRANSACTION;
      try {
        token ??= await signIn(this.address, this.login);
        const records = Array.from(
          { length: TRANSACTION },
          (_, index) =>
            `{ id: ${String(first + index)}, number: ${String(first + index)}, text: rand::string(${String(this.bytes)}) }`,
        );
        await sql(this.address, `INSERT INTO record [${records.join(", ")}] RETURN NONE`, { token });
        for (let number = first; number < first + TRANSACTION; number++) this.acknowledged.push(number);
      } catch (error) {
        this.failures.push((error as Error).message);
        token = undefined;
        await sleep(100);
      }
    }
  }
}

/** Figures for whoever reads the run. */
function tell(text: string): void {
  console.log(text);
}
