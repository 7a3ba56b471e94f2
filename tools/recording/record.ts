/** Runs the real program for a stack in a process beside this one and gives what it registered. */
import { withoutSecrets } from "./open-config";
import { projectRoot, readStack } from "./project";
import type { StackFile } from "./project";
import { Recorder } from "./recorder";
import type { RecorderLimits } from "./recorder";
import type { Recording, StackOutputs } from "./recording";
import { RecordError } from "../shared/user-error";

export { RecordError };

/** How to record. */
export interface RecordOptions extends RecorderLimits {
  /** The project's folder. @default - the nearest one at or above the current folder */
  readonly root?: string;
  /** Folder of the stacks' files, and of the project's. @default - `root` */
  readonly stackFiles?: string;
  /** Config that replaces or adds to the stack file's, by full key, e.g. `vapora:namespace`. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Stacks that the program may refer to, by full name, e.g. `organization/vapora/dev`. @default {} */
  readonly references?: Readonly<Record<string, StackOutputs>>;
  /** Decides the made-up results of random resources; the same seed gives the same recording. @default "" */
  readonly seed?: string;
}

/** A process that records; see {@link openRecorder}. */
export interface ProjectRecorder {
  /** What {@link record} gives for a stack, whose file is read once. @throws as it does, also if a run before failed */
  readonly record: (stack: string, config?: Readonly<Record<string, unknown>>) => Promise<Recording>;
  /** Ends the process once all that was asked for is recorded. Settles when it has ended. */
  readonly close: () => Promise<void>;
}

/**
 * Records a stack: no engine, no cluster, no passphrase, no network. Secrets are replaced: a sealed one by a digest
 * of its ciphertext, so that a change of it shows, a missing one by a fixed text.
 * @throws UserError if the stack's file cannot be read; RecordError if the program fails; Interrupted. Never a partial
 * recording.
 */
export async function record(stack: string, options: RecordOptions = {}): Promise<Recording> {
  const [recording] = await recordMany(stack, [options.config ?? {}], options);
  if (recording === undefined) throw new RecordError("The program was not run.");
  return recording;
}

/** What came of one of several stacks. */
export type StackOutcome = { readonly stack: string } & (
  { readonly recording: Recording } | { readonly error: unknown }
);

/**
 * What {@link record} gives for each stack, or throws, in the same order and as it comes. One process records one after
 * the other, and another goes on after one that failed. Reports ask it of other revisions of this project too.
 */
export async function* recordStacks(
  stacks: readonly string[],
  options: Omit<RecordOptions, "config"> = {},
): AsyncGenerator<StackOutcome> {
  let recorder: ProjectRecorder | undefined;
  try {
    for (const stack of stacks) {
      try {
        recorder ??= await openRecorder(options);
        yield { stack, recording: await recorder.record(stack) };
      } catch (error) {
        await recorder?.close();
        recorder = undefined;
        yield { stack, error };
      }
    }
  } finally {
    await recorder?.close();
  }
}

/**
 * What {@link record} gives for each config, in the same order, from one process that runs the program for one after
 * the other: a process of its own for each takes most of a recording's time.
 * @throws as `record` does, for the first config whose run fails
 */
export async function recordMany(
  stack: string,
  configs: readonly Readonly<Record<string, unknown>>[],
  options: Omit<RecordOptions, "config"> = {},
): Promise<Recording[]> {
  if (configs.length === 0) return [];
  const recorder = await openRecorder(options);
  const recordings = configs.map((config) => recorder.record(stack, config));
  void recorder.close();
  return Promise.all(recordings);
}

/**
 * Starts a process that records one stack after the other, as they come, each with a config of its own.
 * @throws RecordError if the program does not compile; Interrupted
 */
export async function openRecorder(options: Omit<RecordOptions, "config"> = {}): Promise<ProjectRecorder> {
  const root = options.root ?? projectRoot();
  const recorder = await Recorder.start(
    root,
    { references: options.references ?? {}, seed: options.seed ?? "" },
    options,
  );
  const files = new Map<string, StackFile>();
  return {
    record: async (stack, changes = {}) => {
      const file = files.get(stack) ?? readStack(options.stackFiles ?? root, stack);
      files.set(stack, file);
      const open = withoutSecrets(file.project, { ...file.config, ...changes });
      return recorder.record({
        project: file.project,
        stack,
        config: asTexts(open.config),
        secretKeys: open.secretKeys,
      });
    },
    close: () => recorder.close(),
  };
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
