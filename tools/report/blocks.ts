/** What a report is made of before it is text: the same blocks become Markdown and HTML. */

/** A piece of a line. Text is shown as it is, whatever is in it. */
export type Inline =
  string | { readonly code: string } | { readonly strong: readonly Inline[] } | { readonly aside: readonly Inline[] };

/** A line of text. */
export type Line = readonly Inline[];

/** A title, a line, a list, a table, or text as it is, which may be folded. */
export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly line: Line }
  | { readonly kind: "paragraph"; readonly line: Line }
  | { readonly kind: "list"; readonly isOrdered: boolean; readonly items: readonly Line[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | Verbatim
  | { readonly kind: "folded"; readonly summary: string; readonly content: Verbatim };

/** Text as it is, e.g. an error; `isDiff` where its lines begin with - and +. */
export interface Verbatim {
  readonly kind: "verbatim";
  readonly text: string;
  readonly isDiff: boolean;
}

/** Blocks that belong together: where room is short all of them are left out. */
export type Part = readonly Block[];

/** Lines of an error that are shown. */
const ERROR_LINES = 30;
const ERROR_LINE_LENGTH = 500;

export const code = (text: string): Inline => ({ code: text });
export const strong = (...inner: readonly Inline[]): Inline => ({ strong: inner });
export const aside = (...inner: readonly Inline[]): Inline => ({ aside: inner });
export const heading = (level: 2 | 3, ...line: Line): Block => ({ kind: "heading", level, line });
export const paragraph = (...line: Line): Block => ({ kind: "paragraph", line });
export const list = (items: readonly Line[]): Block => ({ kind: "list", isOrdered: false, items });
export const steps = (items: readonly Line[]): Block => ({ kind: "list", isOrdered: true, items });
export const verbatim = (text: string): Verbatim => ({ kind: "verbatim", text, isDiff: false });
export const diff = (text: string): Verbatim => ({ kind: "verbatim", text, isDiff: true });
export const folded = (summary: string, content: Verbatim): Block => ({ kind: "folded", summary, content });

/** An error as it is: its beginning says what is wrong. */
export function errorText(message: string): Verbatim {
  const lines = message.trimEnd().split("\n");
  const more = lines.length - ERROR_LINES;
  const shown = more > 0 ? [...lines.slice(0, ERROR_LINES), `... ${String(more)} more lines`] : lines;
  return verbatim(shown.map((line) => line.slice(0, ERROR_LINE_LENGTH)).join("\n"));
}

/** A sentence of ours in which something stands between backticks. */
export function prose(text: string): Inline[] {
  return text.split("`").flatMap((piece, index) => (piece === "" ? [] : index % 2 === 1 ? [code(piece)] : [piece]));
}

/** Items with something between each two. */
export function joined(items: readonly Line[], between: string): Inline[] {
  return items.flatMap((item, index) => (index === 0 ? item : [between, ...item]));
}
