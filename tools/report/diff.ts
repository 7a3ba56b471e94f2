/** What differs between two sides of an object, as lines with - and +. */
import type { Difference } from "./compare";
import { MASK } from "../recording/manifests";
import type { Json } from "../recording/recording";

/** Characters of one value that are shown. */
const VALUE_LENGTH = 160;
/** Lines of one object's differences that are shown. */
const DIFF_LINES = 60;

/** Differences as lines with - and +. */
export function diffLines(differences: readonly Difference[]): string {
  const lines = differences.flatMap(({ path, before, after }) => {
    if (before === MASK && after === MASK) return [`  ${path}: another value, which is secret`];
    if (isText(before) && isText(after)) return [`  ${path}:`, ...textLines(before, after)];
    if (before === undefined && isText(after)) return [`  ${path}:`, ...wholeText(after, "+")];
    if (after === undefined && isText(before)) return [`  ${path}:`, ...wholeText(before, "-")];
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

/** The lines of a file that comes or goes. */
function wholeText(text: string, sign: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `${sign}   ${cut(line)}`);
}

function shown(value: Json): string {
  return cut(typeof value === "string" ? value.replaceAll("\n", "\\n") : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}... (${String(text.length)} characters)` : text;
}
