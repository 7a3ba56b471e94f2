/** The pictures of docs/learning.md: what the database's functions say under the default settings. */
import { learningTable } from "../../../knowledge-graph/learning-table";
import { settingsSchema } from "../../../config";
import { profiles, recencyWeights } from "./ask";
import { SAMPLE_NOW, sampleHistory } from "./sample";

const CURVE = { agent: "bob", task_type: "coding" };
/** Days that the picture of the weight shows, and its points for each. */
const DAYS = 28;
const STEPS = 12;
const [WIDTH, HEIGHT, MARGIN] = [640, 280, 48];

/** A picture: points from left to right, within these bounds. */
interface Chart {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly width: number;
  readonly height: number;
  /** What stands along the axes, by the value it stands at. */
  readonly columns: readonly (readonly [at: number, text: string])[];
  readonly rows: readonly (readonly [at: number, text: string])[];
}

/** The pictures by path. */
export async function learningCharts(root: string): Promise<Readonly<Record<string, string>>> {
  const settings = learningTable(settingsSchema.shape.learning.parse({}));
  const ages = Array.from({ length: DAYS * STEPS + 1 }, (_, index) => index / STEPS);
  const asked = { root, history: sampleHistory(root), now: SAMPLE_NOW };
  const [weights, [profile]] = await Promise.all([
    recencyWeights(asked, settings, ages),
    profiles(asked, settings, [CURVE.agent], [CURVE.task_type]),
  ]);
  const curve = profile?.curve ?? [];
  const days = curve.map(({ day }) => (Date.parse(day) - Date.parse(curve[0]?.day ?? "")) / 86_400_000);
  return {
    "docs/learning-recency.svg": svg({
      title: "What an execution counts, by its age in days",
      points: ages.map((age, index) => [age, weights[index] ?? 0]),
      width: DAYS,
      height: settings.recency.weight,
      columns: ages.filter((age) => age % 7 === 0).map((age) => [age, String(age)]),
      rows: [0, 1, 2, 3].map((weight) => [weight, String(weight)]),
    }),
    "docs/learning-curve.svg": svg({
      title: `Success rate of ${CURVE.agent} in ${CURVE.task_type}, day by day`,
      points: curve.map(({ success_rate }, index) => [days[index] ?? 0, success_rate]),
      width: Math.max(...days),
      height: 1,
      columns: curve.flatMap(({ day }, index) => (index % 7 === 0 ? [[days[index] ?? 0, day.slice(5)] as const] : [])),
      rows: [0, 0.25, 0.5, 0.75, 1].map((rate) => [rate, String(rate)]),
    }),
  };
}

/** A line through points, on axes, as SVG that reads well on light and dark pages. */
export function svg({ title, points, width, height, columns, rows }: Chart): string {
  const x = (value: number): string => (MARGIN + (value / width) * (WIDTH - 2 * MARGIN)).toFixed(1);
  const y = (value: number): string => (HEIGHT - MARGIN - (value / height) * (HEIGHT - 2 * MARGIN)).toFixed(1);
  const text = (left: string, top: string, anchor: string, content: string): string =>
    `<text x="${left}" y="${top}" text-anchor="${anchor}">${content}</text>`;
  const right = String(WIDTH - MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(String(WIDTH / 2), "24", "middle", title),
    ...rows.flatMap(([at, label]) => [
      `<line x1="${String(MARGIN)}" x2="${right}" y1="${y(at)}" y2="${y(at)}" stroke="#d0d7de"/>`,
      text(String(MARGIN - 8), y(at), "end", label),
    ]),
    ...columns.map(([at, label]) => text(x(at), String(HEIGHT - MARGIN + 20), "middle", label)),
    `<polyline fill="none" stroke="#0969da" stroke-width="2" points="${points.map(([a, b]) => `${x(a)},${y(b)}`).join(" ")}"/>`,
    "</svg>",
    "",
  ].join("\n");
}
