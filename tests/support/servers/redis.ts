/** A client of a real Redis, by its own protocol. */
import { connect } from "node:net";
import type { Socket } from "node:net";

const PORT = 6379;
const END = "\r\n";

/** What Redis answers: an error stays a value, since one of many may fail. */
export type Reply = string | number | null | Error;

/** A connection. Commands may be sent before the ones before are answered. */
export class Redis {
  private readonly waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void }[] =
    [];
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

  /** @throws Error if there is nobody */
  public static connect(address: string, timeout = 1_000): Promise<Redis> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port: PORT, timeout });
      socket.on("error", reject);
      socket.on("timeout", () => socket.destroy(new Error("no connection")));
      socket.on("connect", () => {
        socket.setTimeout(0).removeAllListeners();
        resolve(new Redis(socket));
      });
    });
  }

  /** The answer to a command. @throws Error if the connection ends before it */
  public send(...words: readonly string[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.waiting.push({ resolve, reject });
      const parts = words.map((word) => `$${String(Buffer.byteLength(word))}${END}${word}${END}`);
      this.socket.write(`*${String(words.length)}${END}${parts.join("")}`);
    });
  }

  /** A line of INFO. */
  public async info(name: string): Promise<string> {
    const text = String(await this.send("INFO", "all"));
    return new RegExp(`^${name}:(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  }

  public close(): void {
    this.socket.destroy();
  }

  private read(): void {
    for (let parsed = parse(this.rest); parsed !== undefined; parsed = parse(this.rest)) {
      this.rest = this.rest.subarray(parsed.size);
      this.waiting.shift()?.resolve(parsed.reply);
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
    this.socket.destroy();
  }
}

/** The first reply of the data; undefined if it is not complete. Lists are not asked for here. */
function parse(data: Buffer): { readonly reply: Reply; readonly size: number } | undefined {
  const end = data.indexOf(END);
  if (end < 0) return undefined;
  const [type, text, size] = [data.toString("latin1", 0, 1), data.toString("utf8", 1, end), end + END.length];
  if (type === "+") return { reply: text, size };
  if (type === "-") return { reply: new Error(text), size };
  if (type === ":") return { reply: Number(text), size };
  if (type !== "$") throw new Error(`a reply of type ${type} is not known here`);
  const length = Number(text);
  if (length < 0) return { reply: null, size };
  if (data.length < size + length + END.length) return undefined;
  return { reply: data.toString("utf8", size, size + length), size: size + length + END.length };
}
