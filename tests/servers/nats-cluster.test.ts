/** Three bundled NATS servers on the real server: what a rolling update costs, and when one of them counts as started. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "../../tools/recording/recording";
import { eventually } from "../support/programs";
import { objectNamed, objectsOf } from "../support/recordings";
import type { Kubelet } from "../support/servers/kubelet";
import { describeWithServers } from "../support/servers/machine";
import { createStream, lostOf, monitor, NatsClient, Publisher } from "../support/servers/nats";
import { PodNetwork } from "../support/servers/network";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(300_000);

const STREAM = "tasks";
const SUBJECT = `${STREAM}.new`;
const PODS = ["nats-0", "nats-1", "nats-2"];
const MEGABYTE = 1_000_000;

/** What the others say of a server's copy of a stream. */
interface Replica {
  readonly name: string;
  readonly current: boolean;
  readonly offline?: boolean;
}

interface StreamInfo {
  readonly cluster: { readonly leader?: string; readonly replicas?: readonly Replica[] };
}

describeWithServers("three NATS servers", ["nats-server"], () => {
  let network: PodNetwork;
  let objects: readonly KubernetesObject[];
  let nats: KubernetesObject;
  let pods: Map<string, Kubelet>;
  let addresses: string[];

  beforeEach(async () => {
    network = await PodNetwork.create();
    const section = { ...(fixtureStack("prod").config["vapora:nats"] as object), servers: 3 };
    objects = await objectsOf("prod", { "vapora:nats": section });
    nats = objectNamed(objects, "StatefulSet", "nats");
    addresses = PODS.map((name) => network.addressOf(name));
    pods = new Map(await Promise.all(PODS.map(async (name) => [name, await run(name)] as const)));
    await Promise.all([...pods.values()].map((pod) => pod.untilReady()));
  });
  afterEach(() => network.close());

  test("lose no acknowledged message when they are replaced one after the other under load", async () => {
    const client = await NatsClient.connect(addresses[0] ?? "");
    await createStream(client, STREAM, 3);
    const publisher = new Publisher(addresses, SUBJECT).start(6);
    await publisher.untilAcknowledged(500);
    const leaders = new LeaderWatch(addresses);
    const steps: string[] = [];
    for (const name of [...PODS].reverse()) {
      const stop = await pods.get(name)?.stop();
      const next = await run(name);
      pods.set(name, next);
      await next.untilReady();
      await sleep(minReadySeconds(nats) * 1000);
      await eventually(async () => ((await replicas()).every(isCurrent) ? true : undefined), 1_000);
      steps.push(`${name} ended in ${String(stop?.seconds)} s, Ready after ${String(next.when("ready"))} ms`);
    }
    const leaderless = await leaders.stop();
    await publisher.stop();
    const lost = await lostOf(await NatsClient.connect(addresses[0] ?? ""), STREAM, publisher.acknowledged);
    tell(
      `${steps.join("; ")}; ${String(publisher.acknowledged.length)} acknowledged, lost ${String(lost.length)}, ` +
        `${String(publisher.failures.length)} tries failed (${[...new Set(publisher.failures)].join("; ")}), longest ` +
        `time without an acknowledgement ${String(publisher.longestGap)} ms, without a leader ${String(leaderless)} ms`,
    );
    expect(lost).toEqual([]);
    expect(leaderless).toBeLessThan(8_000);
    expect(publisher.longestGap).toBeLessThan(8_000);
  });

  // right after its start a server may answer /healthz well before it has heard of what it missed
  test("count as replaced, which is minReadySeconds after Ready, once their streams are current", async () => {
    const client = await NatsClient.connect(addresses[0] ?? "");
    await createStream(client, STREAM, 3);
    const { ready, current } = await comingBack("nats-2", client);
    tell(`Ready after ${String(ready)} ms, current after ${String(current)} ms`);
    expect(minReadySeconds(nats)).toBeGreaterThan(0);
    expect(ready + minReadySeconds(nats) * 1000).toBeGreaterThanOrEqual(current);
  });

  /** What the leader says of the other copies of the stream. */
  async function replicas(): Promise<readonly Replica[]> {
    for (const address of addresses) {
      const client = await NatsClient.connect(address).catch(() => undefined);
      const info = await client?.api<StreamInfo>(`STREAM.INFO.${STREAM}`, {}, 1_000).catch(() => undefined);
      client?.close();
      if (info !== undefined) return info.cluster.replicas ?? [];
    }
    throw new Error("no server knows the stream");
  }

  function run(name: string): Promise<Kubelet> {
    return network.run(nats, { objects, name });
  }

  /** Milliseconds from the start of a server that has missed 900 MB, until it is Ready and until its stream is current. */
  async function comingBack(
    name: string,
    client: NatsClient,
  ): Promise<{ readonly ready: number; readonly current: number }> {
    await pods.get(name)?.stop();
    for (let written = 0; written < 900; written += 10) {
      await Promise.all(Array.from({ length: 10 }, () => client.publish(SUBJECT, Buffer.alloc(MEGABYTE), 30_000)));
    }
    const begin = Date.now();
    const pod = await run(name);
    pods.set(name, pod);
    const current = await eventually(async () => {
      const replica = (await replicas()).find((one) => one.name === name);
      return replica !== undefined && isCurrent(replica) ? Date.now() - begin : undefined;
    }, 60_000);
    await pod.untilReady();
    return { ready: pod.when("ready") ?? 0, current };
  }
});

/** Looks all the time whether the stream has a leader. */
class LeaderWatch {
  private isOver = false;
  private longest = 0;
  private readonly watching: Promise<void>;

  public constructor(addresses: readonly string[]) {
    this.watching = this.watch(addresses);
  }

  /** The longest time without one, in milliseconds. */
  public async stop(): Promise<number> {
    this.isOver = true;
    await this.watching;
    return this.longest;
  }

  private async watch(addresses: readonly string[]): Promise<void> {
    for (let last = Date.now(); !this.isOver;) {
      const infos = await Promise.all(addresses.map(streamInfo));
      // the others may go on naming one that has gone
      if (infos.some((info, index) => info?.cluster.leader === PODS[index])) last = Date.now();
      this.longest = Math.max(this.longest, Date.now() - last);
      await sleep(100);
    }
  }
}

async function streamInfo(address: string): Promise<StreamInfo | undefined> {
  const jsz = (await monitor(address, "/jsz?accounts=true&streams=true")) as
    { readonly account_details?: readonly { readonly stream_detail?: readonly StreamInfo[] }[] } | undefined;
  return jsz?.account_details?.[0]?.stream_detail?.[0];
}

function isCurrent({ current, offline = false }: Replica): boolean {
  return current && !offline;
}

function minReadySeconds({ spec }: KubernetesObject): number {
  return (spec as { readonly minReadySeconds?: number }).minReadySeconds ?? 0;
}

/** Figures for whoever reads the run. */
function tell(text: string): void {
  console.log(text);
}
