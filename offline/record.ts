/** Runs the real program for a stack in a process of its own and gives what it registered. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { RecordReply, RecordRequest, RunConfig } from "./child";
import { cacheFolder, compile, nodeBinary } from "./compile";
import { withoutSecrets } from "./config";
import { projectRoot, readStack } from "./project";
import type { Recording, StackOutputs } from "./recording";
import { UserError } from "./user-error";

/** How to record. */
export interface RecordOptions {
  /** The project's folder. @default - the nearest one at or above the current folder */
  readonly root?: string;
  /** Config that replaces or adds to the stack file's, by full key, e.g. `vapora:namespace`. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Stacks that the program may refer to, by full name, e.g. `organization/vapora/dev`. @default {} */
  readonly references?: Readonly<Record<string, StackOutputs>>;
  /** Decides the made-up results of random resources; the same seed gives the same recording. @default "" */
  readonly seed?: string;
  /** Milliseconds after which a run of the program is stopped. @default 120000 */
  readonly timeout?: number;
  /** Stops the program. @default - it runs to its end */
  readonly signal?: AbortSignal;
}

/** The program failed: `message` holds its errors, as the engine would show them. */
export class RecordError extends UserError {}

/**
 * Records a stack: no engine, no cluster, no passphrase, no network. Secrets are replaced: a sealed one by a digest
 * of its ciphertext, so that a change of it shows, a missing one by a fixed text.
 * @throws UserError if the stack's file cannot be read; RecordError if the program fails. Never a partial recording.
 */
export async function record(stack: string, options: RecordOptions = {}): Promise<Recording> {
  const [recording] = await recordMany(stack, [options.config ?? {}], options);
  if (recording === undefined) throw new RecordError("The program was not run.");
  return recording;
}

/**
 * What {@link record} gives for each config, in the same order, from one process that runs the program for one after
 * the other: a process of its own for each takes most of a recording's time. For tests and tools that try a lot of
 * configs; what is deployed is judged by a recording of its own.
 * @throws as `record` does, for the first config whose run fails
 */
export async function recordMany(
  stack: string,
  configs: readonly Readonly<Record<string, unknown>>[],
  options: Omit<RecordOptions, "config"> = {},
): Promise<Recording[]> {
  if (configs.length === 0) return [];
  const root = options.root ?? projectRoot();
  const file = readStack(root, stack);
  const request: RecordRequest = {
    project: file.project,
    stack,
    asker: process.pid,
    program: compileProgram(root),
    references: options.references ?? {},
    seed: options.seed ?? "",
    runs: configs.map((config): RunConfig => {
      const open = withoutSecrets(file.project, { ...file.config, ...config });
      return { config: asTexts(open.config), secretKeys: open.secretKeys };
    }),
  };
  const replies = await run(root, request, options);
  return replies.map((reply) => {
    if ("errors" in reply) throw new RecordError(reply.errors.join("\n"));
    return reply.recording;
  });
}

function compileProgram(root: string): string {
  try {
    return compile(root, join(root, "index.ts"));
  } catch (error) {
    throw new RecordError(`The program does not compile: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function run(root: string, request: RecordRequest, options: RecordOptions): Promise<RecordReply[]> {
  const { timeout = 120_000, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(root), ["--enable-source-maps", compileChild(root)], {
      cwd: root,
      env: { ...withoutPulumi(process.env), NODE_COMPILE_CACHE: join(cacheFolder(root), "compile") },
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      signal,
      // Ctrl-C in a terminal is for the process that records, which then stops this one
      detached: true,
      killSignal: "SIGKILL",
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = child.kill("SIGKILL");
    }, timeout);
    const replies: RecordReply[] = [];
    eachLine(child.stdio[3] as Readable, (line) => {
      replies.push(JSON.parse(line) as RecordReply);
      // the time of the next run
      timer.refresh();
    });
    const log = [collect(child.stdout), collect(child.stderr)];
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(signal?.aborted === true ? new RecordError("Interrupted.") : error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const last = replies.at(-1);
      if (signal?.aborted === true) {
        reject(new RecordError("Interrupted."));
      } else if (isLate) {
        reject(new RecordError(`The program did not end within ${String(timeout / 1000)} seconds.`));
      } else if (replies.length < request.runs.length && !(last !== undefined && "errors" in last)) {
        const output = log.map((text) => text()).join("");
        reject(new RecordError(`The program ended with exit code ${String(code)} before it was done.\n${output}`));
      } else {
        resolve(replies);
      }
    });
    child.stdin.end(JSON.stringify(request));
  });
}

/** This project's own child, also for a program elsewhere. It is put beside the program, whose packages it uses. */
function compileChild(root: string): string {
  const own = existsSync(join(root, "offline", "child.ts")) ? root : projectRoot();
  return compile(root, join(own, "offline", "child.ts"));
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

/** Takes what a stream says line by line; a last line without an end was cut off, and is none. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  });
}

/** Config as the engine hands it to a program: every value as text, the keys of a mapping sorted. */
function asTexts(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(sorted(value)),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
