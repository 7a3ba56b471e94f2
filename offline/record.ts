/** Runs the real program for a stack in a process of its own and gives what it registered. */
import { withoutSecrets } from "./config";
import { projectRoot, readStack } from "./project";
import { RecordError, Recorder } from "./recorder";
import type { RecorderLimits } from "./recorder";
import type { Recording, StackOutputs } from "./recording";

export { RecordError };

/** How to record. */
export interface RecordOptions extends RecorderLimits {
  /** The project's folder. @default - the nearest one at or above the current folder */
  readonly root?: string;
  /** Config that replaces or adds to the stack file's, by full key, e.g. `vapora:namespace`. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Stacks that the program may refer to, by full name, e.g. `organization/vapora/dev`. @default {} */
  readonly references?: Readonly<Record<string, StackOutputs>>;
  /** Decides the made-up results of random resources; the same seed gives the same recording. @default "" */
  readonly seed?: string;
}

/** A stack and the process that records it; see {@link openRecorder}. */
export interface StackRecorder {
  /** What {@link record} gives for a config. @throws as it does, also if a run before failed */
  readonly record: (config: Readonly<Record<string, unknown>>) => Promise<Recording>;
  /** Ends the process once all that was asked for is recorded. Settles when it has ended. */
  readonly close: () => Promise<void>;
}

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
  const recorder = openRecorder(stack, options);
  const recordings = configs.map((config) => recorder.record(config));
  void recorder.close();
  return Promise.all(recordings);
}

/**
 * Starts a process that records a stack for one config after the other, as they come. For tests, see
 * {@link recordMany}.
 * @throws UserError if the stack's file cannot be read; RecordError if the program does not compile
 */
export function openRecorder(stack: string, options: Omit<RecordOptions, "config"> = {}): StackRecorder {
  const root = options.root ?? projectRoot();
  const { project, config } = readStack(root, stack);
  const shared = { project, stack, references: options.references ?? {}, seed: options.seed ?? "" };
  const recorder = new Recorder(root, shared, options);
  return {
    record: async (changes) => {
      const open = withoutSecrets(project, { ...config, ...changes });
      return recorder.record({ config: asTexts(open.config), secretKeys: open.secretKeys });
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
