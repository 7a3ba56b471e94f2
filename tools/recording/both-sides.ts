/** Both sides of a change, recorded: this project as it lies here, and another revision of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./compile";
import { stackFilePath, stackNames } from "./project";
import { record, recordStacks } from "./record";
import type { RecordOptions, StackOutcome } from "./record";
import type { Recording } from "./recording";
import { Interrupted, UserError } from "../shared/user-error";

/** The project's folder in the other revision, or why there is none. */
export type Base = { readonly folder: string } | { readonly error: string };

/** Where a revision has its recorder: today, and until version 0.1. */
const RECORDERS = ["tools/recording/record.ts", "offline/record.ts"];
const OLDER = "It is older than the recorder (tools/recording/record.ts): nothing can be compared with it.";

/** A stack, and what came of it on a side. */
type Found = readonly [stack: string, side: Side];

/** What a revision records with: every stack in one process, or, where it is older than that, each in its own. */
interface Recorder {
  readonly record: (stack: string, options: RecordOptions) => Promise<Recording>;
  readonly recordStacks?: (
    stacks: readonly string[],
    options: RecordOptions,
  ) => AsyncIterable<StackOutcome> | Iterable<Promise<StackOutcome>>;
}

/** What to record. */
export interface SidesOptions {
  /** The project's folder. */
  readonly root: string;
  readonly base: Base;
  /** @default - every stack that has a file on either side */
  readonly stacks?: readonly string[] | undefined;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal;
}

/** Names of the stacks on either side. @throws UserError if a named one is on neither. */
export function stacksOf({ root, base, stacks }: Pick<SidesOptions, "root" | "base" | "stacks">): string[] {
  const all = [...new Set([...stackNames(root), ...("folder" in base ? stackNames(base.folder) : [])])].sort();
  const unknown = (stacks ?? []).filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new UserError(`There is no stack '${unknown.join("', '")}'. Stacks here: ${all.join(", ") || "none"}.`);
  }
  return stacks === undefined ? all : all.filter((name) => stacks.includes(name));
}

/** Records every stack on both sides, the two at the same time. What fails is told, not thrown. */
export async function recordSides(options: SidesOptions): Promise<ReadonlyMap<string, Sides>> {
  const { root, base, progress, signal } = options;
  const stacks = stacksOf(options);
  const total = stacksIn(root, stacks).length + stacksIn("folder" in base ? base.folder : root, stacks).length;
  let done = 0;
  const collect = async (sides: AsyncIterable<Found> | Iterable<Found>): Promise<ReadonlyMap<string, Side>> => {
    const found = new Map<string, Side>();
    for await (const [stack, side] of sides) {
      found.set(stack, side);
      progress(`recorded ${String(++done)} of ${String(total)}`);
    }
    return found;
  };
  const [heads, bases] = await Promise.all([
    collect(sidesOf(root, () => Promise.resolve({ record, recordStacks }), stacks, signal)),
    collect(
      "error" in base ? failed(stacksIn(root, stacks), base.error) : sidesOf(base.folder, recorderOf, stacks, signal),
    ),
  ]);
  if (signal?.aborted === true) throw new Interrupted();
  const absent: Side = { absent: true };
  return new Map(
    stacks.map((stack) => [stack, { base: bases.get(stack) ?? absent, head: heads.get(stack) ?? absent }]),
  );
}

/** A revision's side of each stack that has a file there, whatever comes of it. */
async function* sidesOf(
  root: string,
  load: (root: string, signal?: AbortSignal) => Promise<Recorder>,
  stacks: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Found> {
  const present = stacksIn(root, stacks);
  let recorder: Recorder;
  try {
    recorder = await load(root, signal);
  } catch (error) {
    yield* failed(present, messageOf(error));
    return;
  }
  const options = { root, ...(signal === undefined ? {} : { signal }) };
  for await (const outcome of (recorder.recordStacks ?? apart(recorder))(present, options)) {
    yield [outcome.stack, "error" in outcome ? { error: messageOf(outcome.error) } : { recording: outcome.recording }];
  }
}

/** Those of some stacks that have a file in a folder. */
function stacksIn(root: string, stacks: readonly string[]): string[] {
  return stacks.filter((stack) => existsSync(stackFilePath(root, stack)));
}

/** Stacks whose side is the same error. */
function failed(stacks: readonly string[], error: string): Found[] {
  return stacks.map((stack) => [stack, { error }]);
}

/** All stacks at once, in a process each. */
function apart({ record: one }: Recorder): NonNullable<Recorder["recordStacks"]> {
  return (stacks, options) =>
    stacks.map((stack) =>
      one(stack, options).then(
        (recording) => ({ stack, recording }),
        (error: unknown) => ({ stack, error }),
      ),
    );
}

/**
 * The revision's own recorder, which knows its config and the program it belongs to. It is asked for Recordings of a
 * folder, and for nothing else.
 * @throws UserError if it has none
 */
async function recorderOf(base: string, signal?: AbortSignal): Promise<Recorder> {
  const source = RECORDERS.map((path) => join(base, path)).find((path) => existsSync(path));
  if (source === undefined || !existsSync(join(base, "index.ts"))) throw new UserError(OLDER);
  const own = (await import(await compile(base, source, signal))) as Partial<Recorder>;
  if (own.record === undefined) throw new UserError(OLDER);
  return { ...own, record: own.record };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // another revision has error classes of its own
  return error.name === "UserError" ? error.message : (error.stack ?? error.message);
}

/** A stack on one side of the change: its recording, that it has no file there, or why it cannot be recorded. */
export type Side = { readonly recording: Recording } | { readonly absent: true } | { readonly error: string };

/** A stack before and after the change. */
export interface Sides {
  readonly base: Side;
  readonly head: Side;
}
