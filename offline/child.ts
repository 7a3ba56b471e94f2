/**
 * The process a recording runs in. Reads requests from standard input, runs the program for each against a recording
 * monitor of its own, and writes a line of reply to file descriptor 3. Only a run that came to its end without any
 * error succeeds; after one that failed none follows.
 */
import { Socket } from "node:net";
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { withoutCallbackServer } from "./callbacks";
import { RecordingMonitor } from "./monitor";
import type { Recording, StackOutputs } from "./recording";

/** What to record. */
export interface RecordRequest {
  readonly project: string;
  readonly stack: string;
  /** Process id of whoever asks. */
  readonly asker: number;
  /** Compiled program. */
  readonly program: string;
  /** Stacks that the program may refer to, by full name. */
  readonly references: Readonly<Record<string, StackOutputs>>;
  readonly seed: string;
  /** The program runs once for each, one after the other. */
  readonly runs: readonly RunConfig[];
}

/** What one run of the program is given. */
export interface RunConfig {
  /** Config as an engine passes it: by full key, every value as text. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys whose values are secret. */
  readonly secretKeys: readonly string[];
}

/** What came of it. */
export type RecordReply = { readonly recording: Recording } | { readonly errors: readonly string[] };

/** One run of the program. */
interface Run {
  readonly monitor: RecordingMonitor;
  readonly errors: string[];
  hasReturned: boolean;
}

// both ends may be slower than a pipe is large: neither is read or written in one go
const replies = new Socket({ fd: 3, readable: false, writable: true });
void text(process.stdin).then((request) => {
  recordAll(JSON.parse(request) as RecordRequest);
});

function recordAll(request: RecordRequest): void {
  // whoever asked is gone: nobody is left to reply to
  setInterval(() => {
    if (process.ppid !== request.asker) process.exit(1);
  }, 500).unref();

  const waiting = [...request.runs];
  let run = start(request, waiting.shift());
  const fail = (error: unknown): void => void run.errors.push(errorText(error));
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // nothing is left to wait for: only now is the run over, and only now can the next one start undisturbed
  process.on("beforeExit", () => {
    const errors = errorsOf(run);
    const reply: RecordReply = errors.length > 0 ? { errors } : { recording: recorded(request, run) };
    replies.write(`${JSON.stringify(reply)}\n`, () => {
      if (errors.length > 0) process.exit(1);
      if (waiting.length === 0) process.exit(0);
      // in a turn of the event loop: at the end of one that is empty, Node would exit instead of asking again
      setImmediate(() => {
        run = start(request, waiting.shift());
      });
    });
  });
}

/** Starts a run with nothing left of the one before: all modules of the program's own are in one file. */
function start({ project, stack, program, references, seed }: RecordRequest, config?: RunConfig): Run {
  const monitor = new RecordingMonitor(project, stack, seed, references);
  const run: Run = { monitor, errors: [], hasReturned: false };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the way to load a module anew
  delete require.cache[program];
  pulumi.runtime.setAllConfig({ ...config?.config }, [...(config?.secretKeys ?? [])]);
  // Preview: what is unknown before a deployment stays unknown, instead of becoming the text "undefined".
  pulumi.runtime.setMockOptions(run.monitor, project, stack, true, "organization");
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

function recorded({ project, stack }: RecordRequest, { monitor }: Run): Recording {
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
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
