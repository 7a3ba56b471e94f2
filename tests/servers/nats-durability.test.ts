/** The bundled NATS on its real server: what it acknowledges, how it starts and ends, and what a full disk does. */
import type { KubernetesObject } from "../../tools/recording/recording";
import { eventually } from "../support/programs";
import { objectNamed, objectsOf } from "../support/recordings";
import { describeWithDisks, Disk, GrowingDisk } from "../support/servers/disk";
import { edited, withFile } from "../support/servers/edited";
import { describeWithServers } from "../support/servers/machine";
import { createStream, lostOf, monitor, NatsClient, Publisher } from "../support/servers/nats";
import { PodNetwork } from "../support/servers/network";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(300_000);

const STREAM = "tasks";
const SUBJECT = `${STREAM}.new`;
const MESSAGES = 10_000;
const MEGABYTE = 1024 * 1024;

let network: PodNetwork;
let objects: readonly KubernetesObject[];
let nats: KubernetesObject;

function withNetwork(): void {
  beforeEach(async () => {
    network = await PodNetwork.create();
    objects = await objectsOf("dev");
    nats = objectNamed(objects, "StatefulSet", "nats");
  });
  afterEach(() => network.close());
}

describeWithServers("one NATS server", ["nats-server"], () => {
  withNetwork();

  test("loses none of 10,000 acknowledged messages when its process is killed amid them", async () => {
    const server = await network.run(nats, { objects });
    await server.untilReady();
    const client = await NatsClient.connect(server.address);
    await createStream(client, STREAM);
    const publisher = new Publisher([server.address], SUBJECT).start(50);
    await publisher.untilAcknowledged(MESSAGES / 2);
    server.container.kill("SIGKILL");
    await publisher.untilAcknowledged(MESSAGES);
    await publisher.stop();
    const lost = await lostOf(await NatsClient.connect(server.address), STREAM, publisher.acknowledged);
    tell(`killed: ${count(publisher)}, lost ${String(lost.length)}, away for ${String(publisher.longestGap)} ms`);
    expect(server.exits).toEqual([{ code: 137 }]);
    expect(lost).toEqual([]);
  });

  test("is Ready within two seconds of listening", async () => {
    const server = await network.run(nats, { objects });
    const listening = eventually(() =>
      NatsClient.connect(server.address, 100).then(
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
  });

  test("is away for less time when its pod is replaced than with the lame duck mode of a cluster", async () => {
    const rendered = await replacementOf(nats, objects);
    const lame = edited(nats, (container) => {
      container.lifecycle = { preStop: { exec: { command: ["nats-server", "--signal", "ldm=1"] } } };
    });
    const settings = withFile(
      objects,
      "nats-config",
      "nats.conf",
      (text) => `lame_duck_duration: 30s\nlame_duck_grace_period: 5s\n${text}`,
    );
    const handingOver = await replacementOf(lame, settings);
    tell(`replaced: away for ${told(rendered)}; with lame duck mode for ${told(handingOver)}`);
    expect(rendered.stopped).toBeLessThan(1);
    expect(rendered.away).toBeLessThan(handingOver.away - 3_000);
  });
});

describeWithDisks("one NATS server on a disk of its own", ["nats-server"], () => {
  withNetwork();

  test("loses none of 2,000 acknowledged messages with its node; without sync_interval it loses half of them or more", async () => {
    const rendered = await nodeLossOf(objects);
    const bare = await nodeLossOf(
      withFile(objects, "nats-config", "nats.conf", (text) => text.replace(/.*sync_interval.*\n/, "")),
    );
    tell(`node lost: ${told(rendered)}; without sync_interval: ${told(bare)}`);
    expect(rendered.config).toMatchObject({ sync_always: true });
    expect(rendered.lost).toBe(0);
    expect(bare.lost).toBeGreaterThan(1_000);
  });

  test("refuses messages before its disk is full, and takes them again once there is room", async () => {
    const disk = await Disk.create(64 * MEGABYTE);
    const small = await objectsOf("dev", natsSection("dev", { storage: { size: "64Mi" } }));
    const server = await network.run(objectNamed(small, "StatefulSet", "nats"), {
      objects: small,
      volumes: new Map([["nats-data", disk.path]]),
    });
    await server.untilReady();
    const client = await NatsClient.connect(server.address);
    await createStream(client, STREAM);
    const publisher = new Publisher([server.address], SUBJECT, 50_000).start();
    await eventually(() => Promise.resolve(publisher.failures.length > 3 ? true : undefined), 60_000);
    await publisher.stop();
    const lost = await lostOf(client, STREAM, publisher.acknowledged);
    tell(
      `at its limit: ${count(publisher)} (${kinds(publisher)}), ${String(disk.free)} bytes free, lost ${String(lost.length)}`,
    );
    expect(kinds(publisher)).toMatch(/insufficient/);
    expect(disk.free).toBeGreaterThan(2 * MEGABYTE);
    expect(lost).toEqual([]);
    await client.api(`STREAM.PURGE.${STREAM}`, { keep: 10 });
    await client.publish(SUBJECT, Buffer.alloc(50_000));
    expect(server.isReady).toBe(true);
    await server.stop();
    await disk.close();
  });

  test("stays Ready on a full disk, answers no publish until it is started again on a larger one, and loses nothing", async () => {
    const disk = await GrowingDisk.create(32 * MEGABYTE);
    const pod = { objects, volumes: new Map([["nats-data", disk.path]]), memoryLimit: false };
    const server = await network.run(nats, pod);
    await server.untilReady();
    await createStream(await NatsClient.connect(server.address), STREAM);
    const publisher = new Publisher([server.address], SUBJECT, 50_000).start(4);
    await eventually(() => Promise.resolve(publisher.failures.length >= 8 ? true : undefined), 60_000);
    await publisher.stop();
    const full = kinds(publisher);
    const health = (await monitor(server.address, "/healthz")) as { readonly error?: string } | undefined;
    const { isReady } = server;
    // killed while the disk is full, it starts all the same, and is full again a few messages later
    server.container.kill("SIGKILL");
    await server.untilRestarted(1);
    await server.untilReady();
    const afterKill = await lostOf(await NatsClient.connect(server.address), STREAM, publisher.acknowledged);
    const more = new Publisher([server.address], SUBJECT, 50_000).start(4);
    await eventually(() => Promise.resolve(more.failures.length >= 8 ? true : undefined), 60_000);
    await more.stop();
    await disk.grow(128 * MEGABYTE);
    const grown = await NatsClient.connect(server.address).then((client) =>
      outcome(client.publish(SUBJECT, "x", 2_000)),
    );
    await server.stop();
    const next = await network.run(nats, pod);
    await next.untilReady();
    const client = await NatsClient.connect(next.address);
    const restarted = await outcome(client.publish(SUBJECT, "x"));
    const lost = await lostOf(client, STREAM, [...publisher.acknowledged, ...more.acknowledged]);
    tell(
      `full disk: ${count(publisher)} (${full}), Ready ${String(isReady)}, /healthz: ${String(health?.error)}; after a ` +
        `kill lost ${String(afterKill.length)}; grown: ${grown}; started again: ${restarted}, lost ${String(lost.length)}`,
    );
    expect(full).toMatch(/^no answer/);
    expect(health?.error).toMatch(/no space left on device/);
    expect(isReady).toBe(true);
    expect(afterKill).toEqual([]);
    expect(grown).toMatch(/no answer/);
    expect(restarted).toBe("acknowledged");
    expect(lost).toEqual([]);
    await next.stop();
    await disk.close();
  });
});

/** Ends the pod and starts the next one, as after a change of its template, while messages are published. */
async function replacementOf(
  set: KubernetesObject,
  withSettings: readonly KubernetesObject[],
): Promise<{ readonly stopped: number; readonly away: number; readonly failed: number }> {
  const pod = await network.run(set, { objects: withSettings });
  await pod.untilReady();
  await createStream(await NatsClient.connect(pod.address), STREAM).catch((error: unknown) => {
    if (!String(error).includes("already in use")) throw error;
  });
  const publisher = new Publisher([pod.address], SUBJECT).start(3);
  await publisher.untilAcknowledged(100);
  const { seconds } = await pod.stop();
  const next = await network.run(set, { objects: withSettings });
  await next.untilReady();
  await publisher.untilAcknowledged(publisher.acknowledged.length + 100);
  await publisher.stop();
  await next.stop();
  return { stopped: seconds, away: publisher.longestGap, failed: publisher.failures.length };
}

/** Publishes until the node with the disk goes down, and counts what another node finds on it. */
async function nodeLossOf(withSettings: readonly KubernetesObject[]): Promise<{
  readonly config: unknown;
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly lost: number;
}> {
  const disk = await Disk.create(200 * MEGABYTE);
  const volumes = new Map([["nats-data", disk.path]]);
  const before = await network.start(nats, { objects: withSettings, volumes });
  await eventually(async () => ((await before.probe("startup")) ? true : undefined));
  const varz = (await monitor(before.address, "/varz")) as { readonly jetstream: { readonly config: unknown } };
  await createStream(await NatsClient.connect(before.address), STREAM);
  const began = Date.now();
  const publisher = new Publisher([before.address], SUBJECT).start(50);
  await publisher.untilAcknowledged(2_000);
  const perSecond = Math.round((1000 * publisher.acknowledged.length) / (Date.now() - began));
  await disk.goDown();
  await before.destroy();
  await publisher.stop();
  await disk.comeBack();
  const after = await network.start(nats, { objects: withSettings, volumes });
  await eventually(async () => ((await after.probe("startup")) ? true : undefined));
  const lost = await lostOf(await NatsClient.connect(after.address), STREAM, publisher.acknowledged);
  await after.destroy();
  await disk.close();
  return { config: varz.jetstream.config, acknowledged: publisher.acknowledged.length, perSecond, lost: lost.length };
}

function count({ acknowledged, failures }: Publisher): string {
  return `${String(acknowledged.length)} acknowledged, ${String(failures.length)} tries failed`;
}

function outcome(publish: Promise<unknown>): Promise<string> {
  return publish.then(
    () => "acknowledged",
    (error: unknown) => String(error),
  );
}

/** The different answers to tries that failed. */
function kinds({ failures }: Publisher): string {
  return [...new Set(failures)].join("; ");
}

function natsSection(stack: string, change: object): Record<string, unknown> {
  return { "vapora:nats": { ...(fixtureStack(stack).config["vapora:nats"] as object), ...change } };
}

function told(figures: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(figures);
}

/** Figures for whoever reads the run. */
function tell(text: string): void {
  console.log(text);
}
