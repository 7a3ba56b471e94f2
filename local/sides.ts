/** Both sides of a change, recorded: this project as it lies here, and another revision of it. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { compile } from "../offline/compile";
import { stackFilePath, stackNames } from "../offline/project";
import { record } from "../offline/record";
import type { RecordOptions } from "../offline/record";
import type { Recording } from "../offline/recording";
import type { Side, Sides } from "../offline/report";
import { UserError } from "../offline/user-error";
import { Interrupted } from "./processes";

/** The project's folder in the other revision, or why there is none. */
export type Base = { readonly folder: string } | { readonly error: string };

const OLDER = "It is older than the recorder (offline/record.ts): nothing can be compared with it.";

/** The recorder of a revision. */
type Recorder = (stack: string, options: RecordOptions) => Promise<Recording>;

/** What to record. */
export interface SidesOptions {
  /** The project's folder. */
  readonly root: string;
  readonly base: Base;
  /** @default - every stack that has a file on either side */
  readonly stacks?: readonly string[] | undefined;
  readonly report: (progress: string) => void;
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

/** Records every stack on both sides, as many at a time as there are processors. What fails is told, not thrown. */
export async function recordSides(options: SidesOptions): Promise<ReadonlyMap<string, Sides>> {
  const { root, base, report, signal } = options;
  const recordBase = "folder" in base ? recorderOf(base.folder) : undefined;
  const sides = new Map<string, { base: Side; head: Side }>();
  const jobs = stacksOf(options).flatMap((stack) => {
    const made: { base: Side; head: Side } = { base: { absent: true }, head: { absent: true } };
    sides.set(stack, made);
    return [
      async () => void (made.head = await sideOf(root, stack, record, signal)),
      async () => void (made.base = "error" in base ? base : await sideOf(base.folder, stack, recordBase, signal)),
    ];
  });
  const total = jobs.length;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      await job();
      report(`recorded ${String(++done)} of ${String(total)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  if (signal?.aborted === true) throw new Interrupted();
  return sides;
}

/**
 * The revision's own recorder, which knows its config and the program it belongs to; nothing where it has none.
 * It is asked for a Recording of a folder, and for nothing else.
 */
function recorderOf(base: string): Recorder | undefined {
  const source = join(base, "offline", "record.ts");
  if (!existsSync(source) || !existsSync(join(base, "index.ts"))) return undefined;
  return async (stack, options) => {
    const own = (await import(compile(base, source))) as { readonly record: Recorder };
    return own.record(stack, options);
  };
}

/** One side of a stack, whatever comes of it. */
async function sideOf(
  root: string,
  stack: string,
  recorder: Recorder | undefined,
  signal?: AbortSignal,
): Promise<Side> {
  if (recorder === undefined) return { error: OLDER };
  if (!existsSync(stackFilePath(root, stack))) return { absent: true };
  try {
    return { recording: await recorder(stack, { root, ...(signal === undefined ? {} : { signal }) }) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: String(error) };
    // another revision has error classes of its own
    return { error: error.name === "UserError" ? error.message : (error.stack ?? error.message) };
  }
}
