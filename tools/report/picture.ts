/** The architecture of a stack as a drawing, for the page: SVG that fits a phone. */
import type { Architecture, Arrow, Box } from "./architecture";
import { escaped } from "./escape";
import type { ChangeClass } from "./compare";

/** Sizes in pixels: three columns fill a phone. */
const BOX = { width: 108, height: 44 };
const GAP = { x: 30, y: 14 };
const MARGIN = 4;
/** The bar above the boxes: what belongs to none of them. */
const BAR = 34;
/** Characters that fit into a box. */
const NAME_LENGTH = 14;

/** What a box says, shorter than in the text. */
const LABELS: Readonly<Record<ChangeClass, string>> = {
  "data-at-risk": "data at risk",
  deleted: "deleted",
  replaced: "replaced",
  rolls: "rolls",
  created: "created",
  "in-place": "updated",
  metadata: "labels, annotations",
  unchanged: "",
};

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The drawing, with a title that says in words what is marked. */
export function picture(stack: string, { boxes, arrows, rest }: Architecture): string {
  const columns = columnsOf(boxes, arrows);
  const rows = Math.max(...columns.map((column) => column.length));
  const width = 2 * MARGIN + columns.length * BOX.width + (columns.length - 1) * GAP.x;
  const top = MARGIN + BAR + GAP.y;
  const height = top + rows * BOX.height + (rows - 1) * GAP.y + MARGIN;
  const places = new Map<string, Place>();
  for (const [x, column] of columns.entries()) {
    // shorter columns stand in the middle
    const first = top + ((rows - column.length) * (BOX.height + GAP.y)) / 2;
    for (const [y, { name }] of column.entries()) {
      places.set(name, { x: MARGIN + x * (BOX.width + GAP.x), y: first + y * (BOX.height + GAP.y) });
    }
  }
  const marked = boxes.filter(({ change }) => change !== "unchanged");
  const words = marked.map(({ name, change }) => `${name}: ${LABELS[change]}`).join(", ");
  const title = `Architecture of ${stack}. ${words === "" ? "No box changes." : `Changed: ${words}.`}`;
  return [
    `<svg class="picture" role="img" viewBox="0 0 ${String(width)} ${String(height)}" aria-label="${escaped(title)}">`,
    bar(width, rest),
    ...arrows.map((arrow) => arrowPath(arrow, places)),
    ...boxes.map((box) => boxShape(box, places.get(box.name) ?? { x: 0, y: 0 })),
    "</svg>",
  ].join("\n");
}

/** Boxes by how many calls lie behind them, callers to the left of those they call. */
function columnsOf(boxes: readonly Box[], arrows: readonly Arrow[]): Box[][] {
  const depth = (name: string, seen: readonly string[] = []): number =>
    Math.max(
      0,
      ...arrows
        // a circle ends where it began
        .filter(({ from, to }) => from === name && !seen.includes(to) && to !== name)
        .map(({ to }) => 1 + depth(to, [...seen, name])),
    );
  const depths = new Map(boxes.map(({ name }) => [name, depth(name)]));
  const columns: Box[][] = [];
  for (let level = 0; level <= Math.max(...depths.values()); level++) {
    const column = boxes.filter(({ name }) => depths.get(name) === level);
    // near to those they call, so that few lines cross
    const order = new Map(column.map(({ name }) => [name, meanPlace(name, arrows, columns.at(-1) ?? [])]));
    column.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
    if (column.length > 0) columns.push(column);
  }
  return columns.reverse();
}

function meanPlace(name: string, arrows: readonly Arrow[], column: readonly Box[]): number {
  const places = arrows
    .filter(({ from }) => from === name)
    .map(({ to }) => column.findIndex((box) => box.name === to))
    .filter((place) => place >= 0);
  return places.length === 0 ? 0 : places.reduce((all, place) => all + place, 0) / places.length;
}

function bar(width: number, change: ChangeClass): string {
  const label = `namespace, policies, quota, secrets${LABELS[change] === "" ? "" : `: ${LABELS[change]}`}`;
  const shape = `<rect x="${String(MARGIN)}" y="${String(MARGIN)}" width="${String(width - 2 * MARGIN)}" height="${String(BAR)}" rx="6"/>`;
  return `<g class="box ${change}">${shape}<text x="${String(width / 2)}" y="${String(MARGIN + BAR / 2 + 4)}">${label}</text></g>`;
}

function arrowPath({ from, to, port, change }: Arrow, places: ReadonlyMap<string, Place>): string {
  const [start, end] = [places.get(from), places.get(to)];
  if (start === undefined || end === undefined) return "";
  const [x1, y1] = [start.x + BOX.width, start.y + BOX.height / 2];
  const [x2, y2] = [end.x, end.y + BOX.height / 2];
  const bend = Math.max(GAP.x / 2, (x2 - x1) / 2);
  const path = `M${String(x1)} ${String(y1)}C${String(x1 + bend)} ${String(y1)} ${String(x2 - bend)} ${String(y2)} ${String(x2)} ${String(y2)}`;
  return `<path class="arrow ${change}" d="${path}"><title>${escaped(`${from} calls ${to} at ${port}`)}</title></path>`;
}

function boxShape({ name, kind, change }: Box, { x, y }: Place): string {
  const shown = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  const label = LABELS[change];
  const middle = x + BOX.width / 2;
  const radius = kind === "store" ? BOX.height / 2 : 6;
  return [
    `<g class="box ${kind} ${change}">`,
    `<rect x="${String(x)}" y="${String(y)}" width="${String(BOX.width)}" height="${String(BOX.height)}" rx="${String(radius)}"/>`,
    `<text class="name" x="${String(middle)}" y="${String(y + (label === "" ? 26 : 19))}">${escaped(shown)}</text>`,
    label === "" ? "" : `<text x="${String(middle)}" y="${String(y + 34)}">${label}</text>`,
    "</g>",
  ].join("");
}
