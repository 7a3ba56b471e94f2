/** What a change does to every stack, as data: what a person reads is made from it. */
import { allow, waiverProblems } from "./waivers";
import type { Waiver } from "./waivers";
import { isTaken } from "./proof";
import type { Proven } from "./proof";
import type { StackReport } from "./stack-report";

/** What is compared with what. */
export interface Compared {
  /** @default "What this change does" */
  readonly title?: string;
  /** e.g. `origin/main (1a2b3c4)`. */
  readonly base: string;
  readonly head: string;
}

/** The whole report. */
export interface Report extends Compared {
  /** In the order of their names. */
  readonly stacks: readonly StackReport[];
  /** Waivers that have expired or allow nothing, and whatever else is wrong beside the stacks. */
  readonly problems: readonly string[];
  /** What an API server says of each stack. @default - none was asked */
  readonly proven?: readonly Proven[] | undefined;
}

/** What the waivers are judged by. */
export interface ReportContext extends Compared {
  readonly waivers: readonly Waiver[];
  /** Names of all stacks, those that are not compared included. */
  readonly stackNames: readonly string[];
  /** Day in UTC, e.g. `2027-01-31`. */
  readonly today: string;
  /** @default - nothing else is wrong */
  readonly problems?: readonly string[];
  /** @default - no API server was asked */
  readonly proven?: readonly Proven[] | undefined;
}

/** The report on some stacks, their waivers applied. */
export function reportOf(stacks: readonly StackReport[], context: ReportContext): Report {
  const { title, base, head, waivers, stackNames, today, problems = [], proven } = context;
  const judged = stacks.map((stack) => ({ ...stack, isUnknown: stack.errors.length > 0 }));
  const withWaivers = judged.map(({ isUnknown, ...stack }): StackReport => {
    const { waived, isAllAllowed } = allow(waivers, { ...stack, isUnknown }, today);
    if (!isAllAllowed) return { ...stack, waived, verdict: "data-at-risk" };
    return { ...stack, waived, verdict: stack.verdict === "data-at-risk" ? "changed" : stack.verdict };
  });
  const sorted = [...withWaivers].sort((a, b) => (a.stack < b.stack ? -1 : 1));
  const wrong = [...problems, ...waiverProblems(waivers, judged, stackNames, today)];
  return {
    ...(title === undefined ? {} : { title }),
    ...{ base, head, stacks: sorted, problems: wrong },
    ...(proven === undefined ? {} : { proven }),
  };
}

/** Exit code of a report: 0 all is fine, 3 data at risk without a waiver, 1 anything else that is wrong. */
export function exitCode({ stacks, problems, proven = [] }: Report): 0 | 1 | 3 {
  if (stacks.some(({ verdict }) => verdict === "data-at-risk")) return 3;
  return !isTaken(proven) || problems.length > 0 || stacks.some(({ errors }) => errors.length > 0) ? 1 : 0;
}
