/** A client of a real NATS, by its own protocol: requests, and JetStream on top of them. */
import { connect } from "node:net";
import type { Socket } from "node:net";

const PORTS = { client: 4222, monitor: 8222 };
const END = "\r\n";

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** What JetStream answers to a message that it keeps. */
export interface PublishAck {
  readonly stream: string;
  readonly seq: number;
}

/** A connection. It does not connect again; see {@link Publisher}. */
export class NatsClient {
  private readonly inbox = `_INBOX.${Math.random().toString(36).slice(2)}`;
  private readonly waiting = new Map<string, Waiting>();
  private next = 0;
  private rest = Buffer.alloc(0);
  private failure: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay();
    socket.on("data", (data) => {
      this.rest = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
      this.read();
    });
    socket.on("error", (error) => {
      this.fail(error);
    });
    socket.on("close", () => {
      this.fail(new Error("the connection has ended"));
    });
  }

  /** @throws Error if nobody answers within `timeout` milliseconds */
  public static async connect(address: string, timeout = 1_000): Promise<NatsClient> {
    const socket = await opened(address, timeout);
    const client = new NatsClient(socket);
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: "node", version: "0" };
    socket.write(`CONNECT ${JSON.stringify(options)}${END}SUB ${client.inbox}.* 1${END}`);
    await client.pong(timeout);
    return client;
  }

  public get isOpen(): boolean {
    return this.failure === undefined;
  }

  /** The answer to a message. @throws Error without one within `timeout` milliseconds */
  public request(subject: string, body: Buffer | string = "", timeout = 5_000): Promise<Buffer> {
    const payload = Buffer.from(body);
    const id = String(this.next++);
    const answer = this.wait(id, timeout, `no answer from ${subject}`);
    this.socket.write(
      Buffer.concat([
        Buffer.from(`PUB ${subject} ${this.inbox}.${id} ${String(payload.length)}${END}`),
        payload,
        Buffer.from(END),
      ]),
    );
    return answer;
  }

  /** What a route of JetStream's API answers. @throws Error with what the server says */
  public async api<T>(route: string, body: object = {}, timeout?: number): Promise<T> {
    return answered(await this.request(`$JS.API.${route}`, JSON.stringify(body), timeout)) as T;
  }

  /** Publishes to a stream. Settles once the stream has it. @throws Error with what the server says */
  public async publish(subject: string, body: Buffer | string, timeout?: number): Promise<PublishAck> {
    return answered(await this.request(subject, body, timeout)) as PublishAck;
  }

  public close(): void {
    this.socket.destroy();
  }

  private pong(timeout: number): Promise<Buffer> {
    const answer = this.wait("pong", timeout, "no answer to PING");
    this.socket.write(`PING${END}`);
    return answer;
  }

  private wait(id: string, timeout: number, complaint: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`${complaint} within ${String(timeout)} ms`));
      }, timeout);
      const settle = (): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        resolve: (body) => {
          settle();
          resolve(body);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
  }

  private read(): void {
    for (;;) {
      const end = this.rest.indexOf(END);
      if (end < 0) return;
      const [operation = "", ...words] = this.rest.toString("latin1", 0, end).split(" ");
      let next = end + END.length;
      if (operation === "MSG" || operation === "HMSG") {
        const size = Number(words.at(-1));
        if (this.rest.length < next + size + END.length) return;
        const headers = operation === "HMSG" ? Number(words.at(-2)) : 0;
        this.deliver(
          words[0] ?? "",
          this.rest.subarray(next, next + headers),
          this.rest.subarray(next + headers, next + size),
        );
        next += size + END.length;
      } else if (operation === "PING") this.socket.write(`PONG${END}`);
      else if (operation === "PONG") this.waiting.get("pong")?.resolve(Buffer.alloc(0));
      else if (operation === "-ERR") this.fail(new Error(words.join(" ")));
      this.rest = this.rest.subarray(next);
    }
  }

  private deliver(subject: string, headers: Buffer, body: Buffer): void {
    const waiting = this.waiting.get(subject.slice(this.inbox.length + 1));
    // a status without a body: nobody has subscribed
    if (headers.toString("latin1").startsWith("NATS/1.0 503")) waiting?.reject(new Error("503 no responders"));
    else waiting?.resolve(Buffer.from(body));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of [...this.waiting.values()]) reject(error);
    this.socket.destroy();
  }
}

/** A message that was acknowledged. */
export interface Acknowledged {
  readonly number: number;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Publishes numbered messages one after the other until each is acknowledged, whatever happens to the servers. */
export class Publisher {
  public readonly acknowledged: Acknowledged[] = [];
  /** What each try that failed was told. */
  public readonly failures: string[] = [];
  private isOver = false;
  private next = 0;
  private lanes: Promise<void>[] = [];

  /**
   * @param addresses Servers. A lane whose connection ends goes to the next one.
   * @param bytes Of one message.
   */
  public constructor(
    private readonly addresses: readonly string[],
    private readonly subject: string,
    private readonly bytes = 100,
  ) {}

  /** Begins, with so many connections, each of which waits for one acknowledgement at a time. */
  public start(lanes = 1): this {
    this.lanes = Array.from({ length: lanes }, (_, lane) => this.run(lane));
    return this;
  }

  /** Waits until so many have been acknowledged in all. */
  public async untilAcknowledged(count: number, timeout = 120_000): Promise<void> {
    const deadline = Date.now() + timeout;
    while (this.acknowledged.length < count) {
      if (Date.now() > deadline) {
        const said = [...new Set(this.failures)].slice(-5).join("; ");
        throw new Error(`${String(this.acknowledged.length)} of ${String(count)} acknowledged: ${said}`);
      }
      await pause(10);
    }
  }

  public async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.lanes);
  }

  /** The longest time between two acknowledgements, in milliseconds. */
  public get longestGap(): number {
    const times = this.acknowledged.map(({ at }) => at);
    // there are more than a call takes arguments
    return times.reduce((longest, at, index) => Math.max(longest, at - (times[index - 1] ?? at)), 0);
  }

  private async run(lane: number): Promise<void> {
    let client: NatsClient | undefined;
    let server = lane;
    for (let number = this.next++; !this.isOver;) {
      try {
        if (client?.isOpen !== true) {
          client?.close();
          client = await NatsClient.connect(this.addresses[server++ % this.addresses.length] ?? "");
        }
        const { seq } = await client.publish(this.subject, message(number, this.bytes), 2_000);
        this.acknowledged.push({ number, seq, at: Date.now() });
        number = this.next++;
      } catch (error) {
        this.failures.push((error as Error).message);
        await pause(50);
      }
    }
    client?.close();
  }
}

/** Makes a stream of the file system with all subjects below its name. */
export async function createStream(client: NatsClient, name: string, replicas = 1): Promise<void> {
  await client.api(
    `STREAM.CREATE.${name}`,
    { name, subjects: [`${name}.>`], storage: "file", retention: "limits", discard: "old", num_replicas: replicas },
    10_000,
  );
}

/** Numbers of acknowledged messages that the stream does not have where it said that it has them. */
export async function lostOf(
  client: NatsClient,
  stream: string,
  acknowledged: readonly Acknowledged[],
): Promise<number[]> {
  const lost: number[] = [];
  for (let begin = 0; begin < acknowledged.length; begin += 500) {
    const found = acknowledged.slice(begin, begin + 500).map(async ({ number, seq }) => {
      const kept = await client
        .api<{ readonly message: { readonly data: string } }>(`STREAM.MSG.GET.${stream}`, { seq }, 30_000)
        .then(({ message: { data } }) => numberIn(Buffer.from(data, "base64")))
        .catch((error: unknown) => {
          if (/no message found|stream not found/.test(String(error))) return undefined;
          throw error;
        });
      if (kept !== number) lost.push(number);
    });
    await Promise.all(found);
  }
  return lost;
}

/** What a path of the monitor answers; undefined without an answer. */
export async function monitor(address: string, path: string): Promise<unknown> {
  return fetch(`http://${address}:${String(PORTS.monitor)}${path}`, { signal: AbortSignal.timeout(1_000) }).then(
    (answer) => answer.json(),
    () => undefined,
  );
}

function opened(address: string, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: PORTS.client, timeout });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error("no connection")));
    socket.on("connect", () => {
      socket.setTimeout(0).removeAllListeners();
      resolve(socket);
    });
  });
}

function answered(body: Buffer): unknown {
  const answer = JSON.parse(body.toString()) as { readonly error?: { readonly description: string } };
  if (answer.error !== undefined) throw new Error(answer.error.description);
  return answer;
}

function message(number: number, bytes: number): Buffer {
  return Buffer.from(`${String(number)} `.padEnd(bytes, "x"));
}

function numberIn(data: Buffer): number {
  return Number.parseInt(data.toString("latin1", 0, 20), 10);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
