/** What a stack takes before and after a change, as a table. */
import { parseQuantity } from "../../config/quantity";
import type { Amounts, Capacity } from "./capacity";

const ROWS: readonly { readonly key: string; readonly title: string }[] = [
  { key: "pods", title: "pods" },
  { key: "requests.cpu", title: "CPU requested" },
  { key: "requests.memory", title: "memory requested" },
  { key: "limits.cpu", title: "CPU at most" },
  { key: "limits.memory", title: "memory at most" },
  { key: "requests.storage", title: "storage" },
  { key: "persistentvolumeclaims", title: "claims" },
];

/** The table with the rows that differ; a line instead where none does. */
export function capacityTable({ before, after }: { readonly before: Capacity; readonly after: Capacity }): string[] {
  const rows = ROWS.filter(
    ({ key }) => differs(before.running, after.running, key) || differs(before.peak, after.peak, key),
  );
  if (rows.length === 0) return ["**Capacity**: the same, at rest and while pods are replaced."];
  const lines = rows.map(({ key, title }) => {
    const cells = [before.running, after.running, before.peak, after.peak].map((amounts) => amount(amounts, key));
    return `| ${[title, ...cells].join(" | ")} |`;
  });
  const head =
    "| | running, before | after | while pods are replaced, before | after |\n| --- | --- | --- | --- | --- |";
  return [`**Capacity**\n\n${head}\n${lines.join("\n")}`];
}

function differs(before: Amounts, after: Amounts, key: string): boolean {
  return before[key] !== after[key];
}

/** Thousandths of a CPU as CPUs, and Mi as Gi where that is shorter. */
function amount(amounts: Amounts, key: string): string {
  const text = amounts[key] ?? "0";
  const gibibytes = text.endsWith("Mi") ? parseQuantity(text) / 2 ** 30 : NaN;
  if (Number.isInteger(gibibytes * 4)) return `${String(gibibytes)}Gi`;
  return key.endsWith(".cpu") ? String(parseQuantity(text)) : text;
}
