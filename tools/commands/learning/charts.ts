/** The pictures of docs/learning.md: what the database's functions say under the default settings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { learningTable } from "../../../knowledge-graph/learning-table";
import { settingsSchema } from "../../../config";
import { profiles, recencyWeights } from "./ask";
import { SAMPLE_NOW, sampleHistory } from "./sample";

const PAGE = "docs/learning.md";
const CURVE = { agent: "bob", task_type: "coding" };
/** Days that the picture of the weight shows. */
const DAYS = 28;

/** The page with its pictures, by path. */
export async function learningCharts(root: string): Promise<Readonly<Record<string, string>>> {
  const settings = learningTable(settingsSchema.shape.learning.parse({}));
  const ages = Array.from({ length: DAYS + 1 }, (_, age) => age);
  const asked = { root, history: sampleHistory(root), now: SAMPLE_NOW };
  const [weights, [profile]] = await Promise.all([
    recencyWeights(asked, settings, ages),
    profiles(asked, settings, [CURVE.agent], [CURVE.task_type]),
  ]);
  const curve = profile?.curve ?? [];
  const charts: Readonly<Record<string, string>> = {
    recency: chart("What an execution counts", "age in days", ages, weights, settings.recency.weight),
    curve: chart(
      `Success rate of ${CURVE.agent} in ${CURVE.task_type}`,
      "day",
      curve.map(({ day }) => day.slice(5)),
      curve.map(({ success_rate }) => success_rate),
      1,
    ),
  };
  const text = Object.entries(charts).reduce(
    (page, [name, picture]) =>
      page.replace(new RegExp(`(<!-- ${name}: npm run docs -->\n)[^]*?(<!-- /${name} -->)`), `$1\n${picture}\n$2`),
    readFileSync(join(root, PAGE), "utf8"),
  );
  return { [PAGE]: text };
}

/** A line as Mermaid draws it. */
function chart(
  title: string,
  axis: string,
  along: readonly unknown[],
  values: readonly number[],
  most: number,
): string {
  return [
    "```mermaid",
    "xychart-beta",
    `  title "${title}"`,
    `  x-axis "${axis}" [${along.map((at) => `"${String(at)}"`).join(", ")}]`,
    `  y-axis 0 --> ${String(most)}`,
    `  line [${values.map((value) => value.toFixed(2)).join(", ")}]`,
    "```",
    "",
  ].join("\n");
}
