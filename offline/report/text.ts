/** Pieces of Markdown that hold whatever they are given: a change may come from anybody. */
import type { Difference } from "../compare";
import type { Json } from "../recording";

/** Characters of one value that are shown. */
const VALUE_LENGTH = 160;
/** Lines of one object's differences that are shown. */
const DIFF_LINES = 60;

/** Lines of an error that are shown. */
const ERROR_LINES = 30;

/** An error in a block: its beginning says what is wrong. */
export function errorBlock(message: string): string {
  const lines = message.trimEnd().split("\n");
  const more = lines.length - ERROR_LINES;
  const shown = more > 0 ? [...lines.slice(0, ERROR_LINES), `... ${String(more)} more lines`] : lines;
  return block(shown.map((line) => line.slice(0, 500)).join("\n"));
}

/** Text as code, in one line. */
export function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const room = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${room}${line}${room}${fence}`;
}

/** Text in a block that it cannot end itself. */
export function block(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/** A part that opens when it is clicked. */
export function folded(summary: string, content: string): string {
  const safe = summary.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<details><summary>${safe}</summary>\n\n${content}\n\n</details>`;
}

/** Differences as lines with - and +. */
export function diffLines(differences: readonly Difference[]): string {
  const lines = differences.flatMap(({ path, before, after }) => {
    if (isText(before) && isText(after)) return [`  ${path}:`, ...textLines(before, after)];
    return [
      ...(before === undefined ? [] : [`- ${path}: ${shown(before)}`]),
      ...(after === undefined ? [] : [`+ ${path}: ${shown(after)}`]),
    ];
  });
  const more = lines.length - DIFF_LINES;
  return (more > 0 ? [...lines.slice(0, DIFF_LINES), `  ... ${String(more)} more lines`] : lines).join("\n");
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value.trimEnd().includes("\n");
}

/** The lines of a file that differ, without those before and after them that do not. */
function textLines(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const shorter = Math.min(old.length, now.length);
  let first = 0;
  while (first < shorter && old[first] === now[first]) first++;
  let last = 0;
  while (last < shorter - first && old.at(-1 - last) === now.at(-1 - last)) last++;
  const middle = (lines: readonly string[], sign: string): string[] =>
    lines.slice(first, lines.length - last).map((line) => `${sign}   ${cut(line)}`);
  return [...middle(old, "-"), ...middle(now, "+")];
}

function shown(value: Json): string {
  return cut(typeof value === "string" ? value.replaceAll("\n", "\\n") : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}... (${String(text.length)} characters)` : text;
}
