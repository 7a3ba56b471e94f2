/** The report as Markdown, for a comment: the summary first and whole, then what may be cut. */
import type { Report } from "./report-data";
import { aside, code, heading, paragraph } from "./blocks";
import type { Block, Inline, Line, Part, Verbatim } from "./blocks";
import { visible } from "./escape";
import { introduction, proofIntroduction, proofParts, stackDetails, stackSummary } from "./sections";

/** Characters a comment may have on GitHub (65536) and on GitLab (a million), with room for what others add. */
const LENGTH = 60_000;

/**
 * Markdown of at most `length` characters, cut from the end at whole parts. Verdicts, errors, data at risk, counts and
 * what rolls are never cut.
 */
export function renderMarkdown(report: Report, length = LENGTH): string {
  const summaries = report.stacks.flatMap((stack) => titled(heading(3, code(stack.stack)), [stackSummary(stack)]));
  const details = report.stacks.flatMap((stack) =>
    titled(heading(3, code(stack.stack), " in detail"), stackDetails(stack)),
  );
  const summary = [introduction(report), proofIntroduction(report), ...summaries];
  return cut(summary, [...proofParts(report), ...details], length);
}

/** Parts under a title; empty if there are none. */
function titled(title: Block, parts: readonly Part[]): Part[] {
  return parts.flat().length === 0 ? [] : [[title], ...parts];
}

/** Parts as Markdown, with no end of line at its end. */
export function renderParts(parts: readonly Part[]): string {
  return parts.flat().map(blockText).join("\n\n");
}

function cut(summary: readonly Part[], details: readonly Part[], length: number): string {
  const note = (left: number): Part => [
    paragraph(aside(`${String(left)} more parts are left out here; `, code("--format json"), " has everything.")),
  ];
  const text = (parts: readonly Part[]): string => `${renderParts([...summary, ...parts])}\n`;
  if (text(details).length <= length) return text(details);
  let kept = details.length;
  while (kept > 0 && text([...details.slice(0, kept), note(details.length - kept)]).length > length) kept--;
  return text([...details.slice(0, kept), note(details.length - kept)]);
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${lineText(block.line)}`;
    case "paragraph":
      return lineText(block.line);
    case "list":
      return block.items
        .map((item, index) => `${block.isOrdered ? `${String(index + 1)}.` : "-"} ${lineText(item)}`)
        .join("\n");
    case "table":
      return [block.head, block.head.map(() => "---"), ...block.rows]
        .map((cells) => `| ${cells.map(cellText).join(" | ")} |`)
        .join("\n");
    case "verbatim":
      return verbatimText(block);
    case "folded":
      return `<details><summary>${entities(block.summary)}</summary>\n\n${verbatimText(block.content)}\n\n</details>`;
  }
}

function lineText(line: Line): string {
  return line.map(inlineText).join("");
}

function inlineText(inline: Inline): string {
  if (typeof inline === "string") return escaped(inline);
  if ("code" in inline) return codeText(inline.code);
  if ("strong" in inline) return `**${lineText(inline.strong)}**`;
  return `_${lineText(inline.aside)}_`;
}

/** Text in one line that neither HTML nor marks of Markdown come out of. */
function escaped(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_[\]<&]/g, "\\$&");
}

function cellText(text: string): string {
  return escaped(text).replaceAll("|", "\\|");
}

/** Text as code, in one line. */
function codeText(text: string): string {
  const line = oneLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const room = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${room}${line}${room}${fence}`;
}

/** Text in a block that it cannot end itself. */
function verbatimText({ text, isDiff }: Verbatim): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${isDiff ? "diff" : ""}\n${visible(text.trimEnd())}\n${fence}`;
}

function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/g, " ");
}

function entities(text: string): string {
  return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
