/** The report as one page that needs nothing else: no script, no request, and it fits a phone. */
import type { Report } from "./report-data";
import { code, heading } from "./blocks";
import type { Block, Inline, Line, Part, Verbatim } from "./blocks";
import { escaped } from "./escape";
import { introduction, proofIntroduction, proofParts, stackDetails, stackSummary } from "./sections";
import { picture } from "./picture";
import type { StackReport } from "./stack-report";
import { STYLE } from "./style";

/** The browser itself refuses whatever the page does not carry, should something have got into it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The whole page. */
export function renderHtml(report: Report): string {
  return [
    "<!DOCTYPE html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // a browser asks for one where a page names none
    '<link rel="icon" href="data:,">',
    "<title>What this change does</title>",
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    "<main>",
    section([introduction(report)]),
    section([proofIntroduction(report), ...proofParts(report)]),
    ...report.stacks.map(stackSection),
    "</main>",
    "</body>",
    "</html>",
    "",
  ]
    .filter((line, index, all) => line !== "" || index === all.length - 1)
    .join("\n");
}

function stackSection(stack: StackReport): string {
  const parts = [stackSummary(stack), ...stackDetails(stack)];
  if (parts.flat().length === 0) return "";
  const drawn = stack.architecture === undefined ? "" : `${picture(stack.stack, stack.architecture)}\n`;
  return `<section>\n${blockHtml(heading(3, code(stack.stack)))}\n${drawn}${partsHtml(parts)}\n</section>`;
}

function section(parts: readonly Part[]): string {
  return parts.flat().length === 0 ? "" : `<section>\n${partsHtml(parts)}\n</section>`;
}

function partsHtml(parts: readonly Part[]): string {
  return parts.flat().map(blockHtml).join("\n");
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "heading": {
      const tag = block.level === 2 ? "h1" : "h2";
      return `<${tag}>${lineHtml(block.line)}</${tag}>`;
    }
    case "paragraph":
      return `<p>${lineHtml(block.line)}</p>`;
    case "list": {
      const tag = block.isOrdered ? "ol" : "ul";
      return `<${tag}>\n${block.items.map((item) => `<li>${lineHtml(item)}</li>`).join("\n")}\n</${tag}>`;
    }
    case "table":
      return `<div class="wide"><table><tbody>\n${row("th", block.head)}\n${block.rows.map((cells) => row("td", cells)).join("\n")}\n</tbody></table></div>`;
    case "verbatim":
      return verbatimHtml(block);
    case "folded":
      return `<details><summary>${escaped(block.summary)}</summary>\n${verbatimHtml(block.content)}\n</details>`;
  }
}

function row(tag: "td" | "th", cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
}

function lineHtml(line: Line): string {
  return line.map(inlineHtml).join("");
}

function inlineHtml(inline: Inline): string {
  if (typeof inline === "string") return escaped(inline);
  if ("code" in inline) return `<code>${escaped(inline.code)}</code>`;
  if ("strong" in inline) return `<strong>${lineHtml(inline.strong)}</strong>`;
  return `<em>${lineHtml(inline.aside)}</em>`;
}

function verbatimHtml({ text, isDiff }: Verbatim): string {
  const lines = text.trimEnd().split("\n");
  return `<pre${isDiff ? ' class="diff"' : ""}>${lines.map((line) => (isDiff ? diffLine(line) : escaped(line))).join("\n")}</pre>`;
}

function diffLine(line: string): string {
  const tag = line.startsWith("+") ? "ins" : line.startsWith("-") ? "del" : undefined;
  return tag === undefined ? escaped(line) : `<${tag}>${escaped(line)}</${tag}>`;
}
