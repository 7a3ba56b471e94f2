/** A process that runs a program for one stack and config after the other and gives what each run registered. */
import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { RecordReply, RecordRequest, RunRequest } from "./child";
import { cacheFolder, compile, nodeBinary } from "./compile";
import { projectRoot } from "./project";
import type { Recording } from "./recording";
import { Interrupted, RecordError } from "../shared/user-error";

/** How long a recorder may take, and what ends it. */
export interface RecorderLimits {
  /** Milliseconds after which a run of the program is stopped. @default 120000 */
  readonly timeout?: number;
  /** Stops the program. @default - it runs to its end */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly resolve: (recording: Recording) => void;
  readonly reject: (error: Error) => void;
}

/** Ends by itself after a run that fails, and with the process that started it; otherwise close it. */
export class Recorder {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly log: readonly (() => string)[];
  private readonly closed: Promise<void>;
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isLate = false;
  /** Why nothing more can be recorded. */
  private end: Error | undefined;

  /**
   * Compiles the program of a project and starts the process.
   * @param root The project's folder.
   * @param request What all runs share.
   * @throws RecordError if the program does not compile; Interrupted
   */
  public static async start(
    root: string,
    request: Omit<RecordRequest, "asker" | "program">,
    limits: RecorderLimits = {},
  ): Promise<Recorder> {
    const program = await compile(root, join(root, "index.ts"), limits.signal);
    const recorder = new Recorder(root, await compileChild(root, limits.signal), limits);
    recorder.write({ ...request, asker: process.pid, program });
    return recorder;
  }

  private constructor(
    root: string,
    script: string,
    private readonly limits: RecorderLimits,
  ) {
    const child = spawn(nodeBinary(root), [script], {
      cwd: root,
      env: { ...withoutPulumi(process.env), NODE_COMPILE_CACHE: join(cacheFolder(root), "compile") },
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      signal: limits.signal,
      // Ctrl-C in a terminal is for the process that records, which then stops this one
      detached: true,
      killSignal: "SIGKILL",
    });
    this.child = child;
    this.log = [collect(child.stdout), collect(child.stderr)];
    eachLine(child.stdio[3] as Readable, (line) => {
      this.take(JSON.parse(line) as RecordReply);
    });
    // its end is told by "close", whatever was still to be written then
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      this.stop(limits.signal?.aborted === true ? new Interrupted() : error);
    });
    this.closed = new Promise((resolve) => {
      child.on("close", (code) => {
        this.stop(limits.signal?.aborted === true ? new Interrupted() : new RecordError(this.reason(code)));
        resolve();
      });
    });
  }

  /**
   * Runs the program, after all runs that were asked for before.
   * @throws RecordError if it fails, or one before it did; Interrupted
   */
  public record(request: RunRequest): Promise<Recording> {
    if (this.end !== undefined) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.timer ??= setTimeout(() => {
        this.isLate = this.child.kill("SIGKILL");
      }, this.limits.timeout ?? 120_000);
      this.write(request);
    });
  }

  /** Ends the process once all that was asked for is recorded. Settles when it has ended. */
  public close(): Promise<void> {
    this.child.stdin.end();
    return this.closed;
  }

  private take(reply: RecordReply): void {
    if ("errors" in reply) {
      this.stop(new RecordError(reply.errors.join("\n")));
      return;
    }
    this.waiting.shift()?.resolve(reply.recording);
    if (this.waiting.length > 0) this.timer?.refresh();
    else this.endTimer();
  }

  private stop(error: Error): void {
    this.endTimer();
    this.end ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.end);
  }

  private endTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private reason(code: number | null): string {
    if (this.isLate)
      return `The program did not end within ${String((this.limits.timeout ?? 120_000) / 1000)} seconds.`;
    return `The program ended with exit code ${String(code)} before it was done.\n${this.log.map((text) => text()).join("")}`;
  }

  private write(line: unknown): void {
    this.child.stdin.write(`${JSON.stringify(line)}\n`);
  }
}

/** This project's own child, also for a program elsewhere. It is put beside the program, whose packages it uses. */
function compileChild(root: string, signal?: AbortSignal): Promise<string> {
  const child = join("tools", "recording", "child.ts");
  const own = existsSync(join(root, child)) ? root : projectRoot();
  return compile(root, join(own, child), signal);
}

/** The environment without what would change a provider's settings: a recording depends on the files alone. */
function withoutPulumi(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== "KUBECONFIG" && !name.startsWith("PULUMI_")),
  );
}

/** Gathers what a stream says; the result gives all of it so far. */
function collect(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}

/** Takes what a stream says line by line; a last line without an end was cut off and is ignored. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  });
}
