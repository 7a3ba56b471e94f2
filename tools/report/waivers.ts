/** Written permissions to lose data: waivers.yaml. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { LOSS_KINDS } from "./compare";
import type { Change } from "./compare";
import { UserError } from "../shared/user-error";

export const WAIVERS_FILE = "waivers.yaml";

const waiver = z.strictObject({
  /** Name of the stack. */
  stack: z.string().min(1),
  /** `<kind> <logical name>`, as the report names it. */
  object: z.string().regex(/^[A-Z]\w+ \S+$/, "must be a kind and a name, as the report writes it"),
  loss: z.enum(LOSS_KINDS),
  /** Why the data may go. */
  reason: z.string().min(10, "must say in a few words why the data may go"),
  /** The last day on which it holds. */
  expires: z.iso.date("must be a day such as 2027-01-31"),
});

/** A permission for one loss. */
export type Waiver = z.infer<typeof waiver>;

/** What the report knows of a stack's losses. */
interface Judged {
  readonly stack: string;
  readonly changes: readonly Change[];
  /** True where it could not be found out what is lost. */
  readonly isUnknown: boolean;
}

/** Losses of a stack that are allowed, and those that are not. */
export interface Allowed {
  readonly waived: readonly { readonly object: string; readonly waiver: Waiver }[];
  readonly isAllAllowed: boolean;
}

/** Reads waivers.yaml; none where there is no such file. @throws UserError if an entry is not right. */
export function readWaivers(root: string): Waiver[] {
  const path = join(root, WAIVERS_FILE);
  if (!existsSync(path)) return [];
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${WAIVERS_FILE} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = z.array(waiver).safeParse(content ?? []);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path: [index, ...rest], message }) => {
    const where = typeof index === "number" ? `entry ${String(index + 1)}: ${rest.join(".")}` : "the file";
    return `${where}: ${message}`.replace(": :", ":");
  });
  throw new UserError(
    `${WAIVERS_FILE} is not right:\n${lines.join("\n")}\n` +
      `Each entry has stack, object, loss (${LOSS_KINDS.join(", ")}), reason and expires.`,
  );
}

/** Which of a stack's losses its waivers allow on a day. */
export function allow(waivers: readonly Waiver[], { stack, changes }: Judged, today: string): Allowed {
  const valid = waivers.filter((entry) => entry.stack === stack && entry.expires >= today);
  const losses = changes.flatMap(({ object, losses: all }) => all.map(({ kind }) => ({ object, kind })));
  const found = losses.map(({ object, kind }) => valid.find((entry) => entry.object === object && entry.loss === kind));
  return {
    waived: losses.flatMap(({ object }, index) => {
      const entry = found[index];
      return entry === undefined ? [] : [{ object, waiver: entry }];
    }),
    isAllAllowed: !found.includes(undefined),
  };
}

/**
 * Waivers that have expired or allow nothing, one line each: what is left in the file would allow the next loss unseen.
 * Those of a stack that is not among `judged`, or whose losses are not known, are not looked at, unless there is no
 * stack of that name at all.
 */
export function waiverProblems(
  waivers: readonly Waiver[],
  judged: readonly Judged[],
  stacks: readonly string[],
  today: string,
): string[] {
  return waivers.flatMap((entry) => {
    const name = `${WAIVERS_FILE}: ${entry.stack}, ${entry.object}, ${entry.loss}`;
    const stack = judged.find((one) => one.stack === entry.stack);
    if (entry.expires < today)
      return [`${name}: it has expired on ${entry.expires}; take it out, or agree on a new day`];
    if (stack === undefined) return stacks.includes(entry.stack) ? [] : [`${name}: there is no such stack`];
    if (stack.isUnknown) return [];
    const isUsed = stack.changes.some(
      ({ object, losses }) => object === entry.object && losses.some(({ kind }) => kind === entry.loss),
    );
    return isUsed ? [] : [`${name}: this change has no such loss; take it out`];
  });
}
