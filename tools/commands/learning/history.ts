/**
 * A history as JSON lines, in the words of the database's tables. A line is an execution
 * `{"agent":"ada","task_type":"coding","success":true,"at":"2026-02-01T10:00:00Z"}`, with `duration` and `cost` if one
 * likes, or an agent `{"agent":"ada","load":0.2,"available":true}`.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../../shared/user-error";

/** An execution, as a line gives it. */
export type Execution = z.infer<typeof execution>;
/** An agent, as a line gives it. */
export type Agent = z.infer<typeof agent>;

/** A line that is not right, and why. */
export interface Fault {
  readonly file: string;
  /** From 1 up. */
  readonly line: number;
  readonly fault: string;
}

/** All that is known. */
export interface History {
  readonly executions: readonly Execution[];
  /** Every agent that is named; one that no line describes has nothing to do and takes tasks. */
  readonly agents: readonly Agent[];
  /** Lines that were left out. */
  readonly faults: readonly Fault[];
}

/** What a field must be, with what it is instead. */
const must = (be: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined ? "is missing" : `must be ${be}, not ${shown(input)}`,
});
const name = z.string(must("text")).min(1, "must not be empty");
const yesOrNo = z.boolean(must("true or false"));

const MOMENT = "a moment such as 2026-02-01T10:00:00Z, from 1970 to 2261";
/** A moment that the database can put in order: it counts nanoseconds from 1970 in 64 bits. */
export const moment = z.string(must(MOMENT)).refine(isMoment, must(MOMENT));

const DURATION = "a duration such as 90s or 1h30m";
const execution = z.strictObject({
  agent: name,
  task_type: name,
  success: yesOrNo,
  at: moment,
  duration: z
    .string(must(DURATION))
    .regex(/^(\d+(ns|us|µs|ms|s|m|h|d|w|y))+$/, must(DURATION))
    .default("0s"),
  cost: z.number(must("a number")).min(0, must("0 or more")).default(0),
});
const agent = z.strictObject({
  agent: name,
  load: z.number(must("a number from 0 to 1")).min(0, must("from 0 to 1")).max(1, must("from 0 to 1")).default(0),
  available: yesOrNo.default(true),
});

/**
 * Reads files, one after the other. What is wrong in a line leaves out that line alone.
 * @param pathOf where a file lies, or the number of an open one
 * @throws UserError if a file cannot be read, or not one line of them is right.
 */
export function readHistory(files: readonly string[], pathOf: (file: string) => string | number): History {
  const history = parseHistory(files.map((file) => ({ file, text: textOf(file, pathOf(file)) })));
  if (history.agents.length > 0) return history;
  const [first] = history.faults;
  if (first === undefined)
    throw new UserError(`${files.join(", ")}: there is no line in it; docs/learning.md shows them.`);
  throw new UserError(`No line is right, ${faultText(first)}. docs/learning.md shows the lines of a history.`);
}

/** The same, of texts. */
export function parseHistory(files: readonly { readonly file: string; readonly text: string }[]): History {
  const executions: Execution[] = [];
  const agents = new Map<string, Agent & { readonly where: string }>();
  const faults: Fault[] = [];
  for (const { file, text } of files) {
    for (const [index, line] of text
      .replace(/^\uFEFF/, "")
      .split("\n")
      .entries()) {
      if (line.trim() === "") continue;
      const where = `${file}:${String(index + 1)}`;
      const parsed = parseLine(line);
      if (typeof parsed === "string") faults.push({ file, line: index + 1, fault: parsed });
      else if (!("load" in parsed)) executions.push(parsed);
      else if (agents.has(parsed.agent)) {
        const earlier = agents.get(parsed.agent)?.where ?? "";
        faults.push({ file, line: index + 1, fault: `agent: ${earlier} has described it already` });
      } else agents.set(parsed.agent, { ...parsed, where });
    }
  }
  const described = [...agents.values()].map(({ agent: one, load, available }) => ({ agent: one, load, available }));
  const others = [...new Set(executions.map((one) => one.agent))].filter((one) => !agents.has(one));
  const all = [...described, ...others.map((one) => ({ agent: one, load: 0, available: true }))];
  return { executions, agents: all.sort((a, b) => (a.agent < b.agent ? -1 : 1)), faults };
}

/** The fault with the place of its line. */
export function faultText({ file, line, fault }: Fault): string {
  return `${file}:${String(line)}: ${fault}`;
}

/** What a line says, or what is wrong with it. */
function parseLine(line: string): Execution | Agent | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "this is no JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "must be a JSON object";
  const isAgent = !("task_type" in value) && ("load" in value || "available" in value);
  const parsed = (isAgent ? agent : execution).safeParse(value);
  return parsed.success ? parsed.data : parsed.error.issues.map(issueText).join("; ");
}

function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return `${issue.path.join(".")}: ${issue.message}`;
  return issue.keys.map((key) => `${shown(key)}: there is no such field`).join("; ");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function isMoment(text: string): boolean {
  const milliseconds = Date.parse(text);
  return (
    z.iso.datetime({ offset: true }).safeParse(text).success &&
    /T\d\d:\d\d:\d\d/.test(text) &&
    milliseconds >= 0 &&
    milliseconds < Date.UTC(2262, 0, 1)
  );
}

function textOf(file: string, path: string | number): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
