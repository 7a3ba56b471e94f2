/**
 * The process recordings run in. Reads lines from standard input: first what all runs share, then a stack and its
 * config for one run each. It runs the program for one after the other, each against a recording monitor of its own,
 * and writes a line of reply for each to file descriptor 3. Only a run that came to its end without any error succeeds;
 * after one that failed none follows.
 */
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as pulumi from "@pulumi/pulumi";
import { withoutCallbackServer } from "./callbacks";
import { RecordingMonitor } from "./monitor";
import type { Recording, StackOutputs } from "./recording";
import { ownStackTrace } from "./stack-trace";

/** What all runs share. */
export interface RecordRequest {
  /** Process id of the asker. */
  readonly asker: number;
  /** Compiled program. */
  readonly program: string;
  /** Stacks that the program may refer to, by full name. */
  readonly references: Readonly<Record<string, StackOutputs>>;
  readonly seed: string;
}

/** What one run of the program is given. */
export interface RunRequest {
  readonly project: string;
  readonly stack: string;
  /** Config as an engine passes it: by full key, every value as text. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys whose values are secret. */
  readonly secretKeys: readonly string[];
}

/** What came of it. */
export type RecordReply = { readonly recording: Recording } | { readonly errors: readonly string[] };

/** One run of the program. */
interface Run {
  readonly request: RunRequest;
  readonly monitor: RecordingMonitor;
  readonly errors: string[];
  hasReturned: boolean;
}

/** The project's folder: this file is compiled into its node_modules/.cache/vapora. */
const PROJECT = join(__dirname, "..", "..", "..");

// the other end may be slower than a pipe is large: it is not written to in one go
const replies = new Socket({ fd: 3, readable: false, writable: true });
// for the system a socket, whatever its type says
const input = process.stdin as unknown as Socket;
const waiting: RunRequest[] = [];
let shared: RecordRequest | undefined;
let current: Run | undefined;
let isLast = false;

createInterface({ input })
  .on("line", (line) => {
    if (shared === undefined) shared = begin(JSON.parse(line) as RecordRequest);
    else waiting.push(JSON.parse(line) as RunRequest);
    next();
  })
  .on("close", () => {
    isLast = true;
    next();
  });

function begin(asked: RecordRequest): RecordRequest {
  // the asker has ended: there is nobody to reply to
  setInterval(() => {
    if (process.ppid !== asked.asker) process.exit(1);
  }, 500).unref();
  const fail = (error: unknown): void => void current?.errors.push(errorText(error));
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // nothing is left to wait for: only now is the run over, and only now can the next one start undisturbed
  process.on("beforeExit", () => {
    if (current !== undefined) reply(current);
  });
  return asked;
}

/** Starts the next run, unless one is going on. Only between runs does the process wait for its input. */
function next(): void {
  if (shared === undefined || current !== undefined) return;
  const request = waiting.shift();
  if (request !== undefined) {
    input.unref();
    current = start(shared, request);
  } else if (isLast) {
    process.exit(0);
  } else {
    input.ref();
  }
}

function reply(ended: Run): void {
  const errors = errorsOf(ended);
  const said: RecordReply = errors.length > 0 ? { errors } : { recording: recorded(ended) };
  replies.write(`${JSON.stringify(said)}\n`, () => {
    if (errors.length > 0) process.exit(1);
    // in a turn of the event loop: at the end of one that is empty, Node would exit instead of asking again
    setImmediate(() => {
      current = undefined;
      next();
    });
  });
}

/**
 * Starts a run with nothing left of the one before: all modules of the program's own are in one file, which Node keeps
 * under its real path.
 */
function start({ program, references, seed }: RecordRequest, request: RunRequest): Run {
  const { project, stack, config, secretKeys } = request;
  const monitor = new RecordingMonitor(project, stack, seed, references);
  const run: Run = { request, monitor, errors: [], hasReturned: false };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the way to load a module anew
  delete require.cache[require.resolve(program)];
  pulumi.runtime.setAllConfig(config, [...secretKeys]);
  // Preview: what is unknown before a deployment stays unknown, instead of becoming the text "undefined".
  pulumi.runtime.setMockOptions(monitor, project, stack, true, "organization");
  withoutCallbackServer();
  pulumi.runtime
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program is compiled at run time
    .runInPulumiStack(() => Promise.resolve(require(program) as unknown))
    .then(() => {
      run.hasReturned = true;
    })
    .catch((error: unknown) => run.errors.push(errorText(error)));
  return run;
}

/** What went wrong in a run that is over. */
function errorsOf({ errors, monitor, hasReturned }: Run): string[] {
  // one failure may come up in several places: in the program, in the monitor, in what waited for it
  const said = [...new Set([...errors, ...monitor.errors])];
  const all = said.filter((error) => !said.some((other) => other !== error && other.includes(error)));
  if (all.length > 0) return all;
  if (!hasReturned) return ["the program stopped before its end: a promise in it never settles"];
  return pulumi.log.hasErrors() ? ["the program logged an error"] : [];
}

function recorded({ request: { project, stack }, monitor }: Run): Recording {
  const root = monitor.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  return {
    project,
    stack,
    resources: monitor.resources,
    outputs: root?.outputs ?? {},
    secretOutputs: root?.secretOutputs ?? [],
  };
}

function errorText(error: unknown): string {
  if (pulumi.RunError.isInstance(error)) return error.message;
  if (!(error instanceof Error) || shared === undefined) return String(error);
  return ownStackTrace(error.stack ?? error.message, require.resolve(shared.program), PROJECT);
}
