/** The bundled database under writes, within its memory limit. */
import type { KubernetesObject } from "../../tools/recording/recording";
import { objectNamed, objectsOf } from "../support/recordings";
import { describeWithMemoryLimit } from "../support/servers/machine";
import { PodNetwork } from "../support/servers/network";
import type { Kubelet } from "../support/servers/kubelet";
import { get, platformLogin, signIn, sql } from "../support/servers/surrealdb";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(600_000);

const MIB = 2 ** 20;
/** One transaction: 25 records of 100 kB. */
const WRITE = "CREATE |load:25| SET data = string::repeat('x', 100000) RETURN NONE";
const WRITE_BYTES = 2_500_000;
/** One transaction of a load of small records, 3.5 kB each. */
const SMALL_RECORDS = 50;
const SMALL_WRITE = `CREATE |load:${String(SMALL_RECORDS)}| SET data = string::repeat('x', 3500) RETURN NONE`;
const CLIENTS = 4;
/** What the server works out by itself for a container of 1 GiB. */
const OWN_VALUES = {
  SURREAL_ROCKSDB_BLOCK_CACHE_SIZE: String(16 * MIB),
  SURREAL_ROCKSDB_WRITE_BUFFER_SIZE: String(64 * MIB),
  SURREAL_ROCKSDB_MAX_WRITE_BUFFER_NUMBER: "2",
};

interface PodSpec {
  terminationGracePeriodSeconds: number;
  readonly containers: [{ env: { name: string; value?: string }[]; livenessProbe: Record<string, unknown> }];
}

let network: PodNetwork;

beforeEach(async () => {
  network = await PodNetwork.create();
});

afterEach(() => network.close());

/** Dev's database with another memory limit. */
async function objectsAt(memory: string): Promise<KubernetesObject[]> {
  const surrealdb = fixtureStack("dev").config["vapora:surrealdb"] as object;
  const amounts = { cpu: "1", memory };
  return objectsOf("dev", { "vapora:surrealdb": { ...surrealdb, resources: { requests: amounts, limits: amounts } } });
}

async function running(
  objects: readonly KubernetesObject[],
  edit: (spec: PodSpec) => void = () => undefined,
): Promise<Kubelet> {
  const set = structuredClone(objectNamed(objects, "StatefulSet", "surrealdb"));
  edit((set.spec as { readonly template: { readonly spec: PodSpec } }).template.spec);
  const database = await network.run(set, { objects });
  await database.untilReady();
  return database;
}

/** Writes by several clients at once, until so much is acknowledged or one is not answered. Gives what was. */
async function write(
  database: Kubelet,
  objects: readonly KubernetesObject[],
  bytes: number,
  { statement, size }: { readonly statement: string; readonly size: number } = { statement: WRITE, size: WRITE_BYTES },
): Promise<number> {
  const token = await signIn(database.address, platformLogin(objects));
  let written = 0;
  let failed: unknown;
  const client = async (): Promise<void> => {
    while (written < bytes && failed === undefined) {
      const done = sql(database.address, statement, { token }).then(
        () => {
          written += size;
        },
        (error: unknown) => {
          // a transaction that met another one is to be run again
          if (!/conflict/i.test(String(error))) failed = error;
        },
      );
      const silence = new Promise<"silence">((resolve) => setTimeout(resolve, 30_000, "silence"));
      if ((await Promise.race([done, silence])) === "silence") failed ??= new Error("no answer within 30 s");
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return written;
}

describeWithMemoryLimit("the bundled database", ["surreal"], () => {
  test.each(["512Mi", "1Gi"])(
    "of %s takes three times as many writes as its buffers and cache hold, without a hang or a kill",
    async (memory) => {
      const objects = await objectsAt(memory);
      const database = await running(objects);
      const limit = memory === "1Gi" ? 1024 : 512;
      // buffers and cache together are three eighths of the limit
      const bytes = 3 * (3 / 8) * limit * MIB;
      const started = Date.now();
      expect(await write(database, objects, bytes)).toBeGreaterThanOrEqual(bytes);
      const seconds = (Date.now() - started) / 1000;
      console.log(
        `${memory}: ${String(Math.round(bytes / MIB))} MiB in ${seconds.toFixed(0)} s, at most ${String(Math.round(database.container.memory() / MIB))} MiB`,
      );
      expect(database.restarts).toBe(0);
      expect(database.container.oomKilled()).toBe(false);
      expect(await get(database.address, "/ready", 10_000)).toBe(200);
    },
  );

  // hours on a small machine: VAPORA_DATABASE_LOAD=512Mi:76000,2Gi:760000 npm run test:servers -- database-memory
  const loads = (process.env.VAPORA_DATABASE_LOAD ?? "").split(",").filter((load) => load !== "");
  for (const load of loads) {
    test(`takes ${load} small records by four clients, without a hang or a kill`, async () => {
      const [memory = "", count = ""] = load.split(":");
      const objects = await objectsAt(memory);
      const database = await running(objects);
      const started = Date.now();
      const small = { statement: SMALL_WRITE, size: SMALL_RECORDS };
      expect(await write(database, objects, Number(count), small)).toBeGreaterThanOrEqual(Number(count));
      const seconds = (Date.now() - started) / 1000;
      console.log(
        `${load}: ${seconds.toFixed(0)} s, at most ${String(Math.round(database.container.memory() / MIB))} MiB`,
      );
      expect(database.restarts).toBe(0);
      expect(database.container.oomKilled()).toBe(false);
      expect(await get(database.address, "/ready", 10_000)).toBe(200);
    }, 7_200_000);
  }

  test("hangs with the server's own values, on every path; liveness sees it, and what was acknowledged is there after the restart", async () => {
    const objects = await objectsAt("1Gi");
    const database = await running(objects, (spec) => {
      const [container] = spec.containers;
      container.env = container.env.map(({ name, value }) => ({
        name,
        value: name in OWN_VALUES ? OWN_VALUES[name as keyof typeof OWN_VALUES] : value,
      }));
      // the rendered probe takes three minutes for it, and the end of the server two more
      Object.assign(container.livenessProbe, { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 6 });
      spec.terminationGracePeriodSeconds = 10;
    });
    const written = await write(database, objects, 500_000_000);
    expect(written).toBeLessThan(400_000_000);
    await database.untilRestarted(1);
    await database.untilReady();
    expect(database.events.map(({ what }) => what)).toContain("liveness failed");
    const [counted] = await sql(database.address, "RETURN count(SELECT VALUE id FROM load)", platformLogin(objects));
    console.log(`hung after ${String(Math.round(written / MIB))} MiB`);
    expect(Number(counted) * 100_000).toBeGreaterThanOrEqual(written);
  });
});
