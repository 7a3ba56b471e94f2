/**
 * The process a recording runs in. Reads a request from standard input, runs the program against a recording
 * monitor, and writes a reply to file descriptor 3. Only a run that came to its end without any error succeeds.
 */
import { readFileSync, writeSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { RecordingMonitor } from "./monitor";
import type { Recording } from "./recording";

/** What to record. */
export interface RecordRequest {
  readonly project: string;
  readonly stack: string;
  /** Process id of whoever asks. */
  readonly asker: number;
  /** Compiled program. */
  readonly program: string;
  /** Config as an engine passes it: by full key, every value as text. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys whose values are secret. */
  readonly secretKeys: readonly string[];
  readonly seed: string;
}

/** What came of it. */
export type RecordReply = { readonly recording: Recording } | { readonly errors: readonly string[] };

const request = JSON.parse(readFileSync(0, "utf8")) as RecordRequest;
const monitor = new RecordingMonitor(request.project, request.stack, request.seed);
const errors: string[] = [];
let finished = false;

// whoever asked is gone: nobody is left to reply to
setInterval(() => {
  if (process.ppid !== request.asker) process.exit(1);
}, 500).unref();

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("beforeExit", () => {
  // one failure may come up in several places: in the program, in the monitor, in what waited for it
  const said = new Set([...errors, ...monitor.errors]);
  const all = [...said].filter((error) => ![...said].some((other) => other !== error && other.includes(error)));
  if (!finished && all.length === 0) all.push("the program stopped before its end: a promise in it never settles");
  if (all.length === 0 && pulumi.log.hasErrors()) all.push("the program logged an error");
  reply(all.length > 0 ? { errors: all } : { recording: recorded() });
  process.exit(all.length > 0 ? 1 : 0);
});

pulumi.runtime.setAllConfig(request.config, [...request.secretKeys]);
// Preview: what is unknown before a deployment stays unknown, instead of becoming the text "undefined".
pulumi.runtime.setMockOptions(monitor, request.project, request.stack, true, "organization");
pulumi.runtime
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program is compiled at run time
  .runInPulumiStack(() => Promise.resolve(require(request.program) as unknown))
  .then(() => {
    finished = true;
  })
  .catch(fail);

function recorded(): Recording {
  const stack = monitor.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  return {
    project: request.project,
    stack: request.stack,
    resources: monitor.resources,
    outputs: stack?.outputs ?? {},
    secretOutputs: stack?.secretOutputs ?? [],
  };
}

function fail(error: unknown): void {
  if (pulumi.RunError.isInstance(error)) errors.push(error.message);
  else errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function reply(message: RecordReply): void {
  const bytes = Buffer.from(JSON.stringify(message));
  for (let sent = 0; sent < bytes.length;) sent += writeSync(3, bytes, sent);
}
