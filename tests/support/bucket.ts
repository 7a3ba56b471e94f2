/** A bucket of an object store: as much of S3's protocol as a pulumi that keeps its state there speaks. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const NAME = "states";

/** It keeps everything in memory. */
export class Bucket {
  /** Contents by key. */
  public readonly objects = new Map<string, Buffer>();

  private constructor(private readonly server: Server) {
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => {
      const parts: Buffer[] = [];
      asked.on("data", (part: Buffer) => parts.push(part));
      asked.on("end", () => {
        this.answer(asked, Buffer.concat(parts), answer);
      });
    });
  }

  public static async start(): Promise<Bucket> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Bucket(server);
  }

  /** What pulumi needs to find it. */
  public get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    const options = `endpoint=127.0.0.1:${String(port)}&disableSSL=true&s3ForcePathStyle=true&region=none`;
    return {
      PULUMI_BACKEND_URL: `s3://${NAME}?${options}`,
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
      // else bodies come in chunks with a signature each
      AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
      AWS_RESPONSE_CHECKSUM_VALIDATION: "when_required",
    };
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ method = "", url = "", headers }: IncomingMessage, body: Buffer, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, "http://bucket");
    const key = decodeURIComponent(pathname).slice(`/${NAME}/`.length);
    const object = this.objects.get(key);
    if (key === "") {
      answer.end(this.list(searchParams.get("prefix") ?? "", searchParams.get("delimiter") ?? ""));
    } else if (method === "PUT") {
      const source = headers["x-amz-copy-source"];
      const copied = typeof source === "string" ? this.objects.get(keyOf(source)) : undefined;
      this.objects.set(key, copied ?? body);
      answer.setHeader("ETag", tag(copied ?? body));
      answer.end(copied === undefined ? "" : `<CopyObjectResult><ETag>${tag(copied)}</ETag></CopyObjectResult>`);
    } else if (method === "DELETE") {
      this.objects.delete(key);
      answer.writeHead(204).end();
    } else if (object === undefined) {
      answer.writeHead(404).end(`<Error><Code>NoSuchKey</Code><Message>${key}</Message></Error>`);
    } else {
      answer.writeHead(200, {
        ETag: tag(object),
        "Content-Length": object.length,
        "Last-Modified": DATE.toUTCString(),
      });
      answer.end(method === "HEAD" ? undefined : object);
    }
  }

  private list(prefix: string, delimiter: string): string {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const folderOf = (key: string): string => {
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? "" : key.slice(0, end + 1);
    };
    const folders = [...new Set(keys.map(folderOf))].filter((folder) => folder !== "");
    const contents = keys
      .filter((key) => folderOf(key) === "")
      .map((key) => {
        const object = this.objects.get(key) ?? Buffer.alloc(0);
        return (
          `<Contents><Key>${key}</Key><LastModified>${DATE.toISOString()}</LastModified>` +
          `<ETag>${tag(object)}</ETag><Size>${String(object.length)}</Size></Contents>`
        );
      });
    const prefixes = folders.map((folder) => `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`);
    return `<ListBucketResult><IsTruncated>false</IsTruncated>${[...contents, ...prefixes].join("")}</ListBucketResult>`;
  }
}

const DATE = new Date("2026-11-25T00:00:00Z");

function keyOf(source: string): string {
  return decodeURIComponent(source).replace(/^\//, "").slice(`${NAME}/`.length);
}

function tag(object: Buffer): string {
  return `"${createHash("md5").update(object).digest("hex")}"`;
}
