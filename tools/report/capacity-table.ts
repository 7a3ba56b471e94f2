/** What a stack takes before and after a change, as a table. */
import { parseQuantity } from "../../config/schema/quantity";
import type { Amounts, Capacity } from "./capacity";
import { paragraph, strong } from "./blocks";
import type { Part } from "./blocks";

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
export function capacityTable({ before, after }: { readonly before: Capacity; readonly after: Capacity }): Part {
  const rows = ROWS.filter(
    ({ key }) => differs(before.running, after.running, key) || differs(before.peak, after.peak, key),
  ).map(({ key, title }) => [
    title,
    ...[before.running, after.running, before.peak, after.peak].map((amounts) => amount(amounts, key)),
  ]);
  const title = strong("Capacity");
  if (rows.length === 0) return [paragraph(title, ": the same, at rest and while pods are replaced.")];
  const head = ["", "running, before", "after", "while pods are replaced, before", "after"];
  return [paragraph(title), { kind: "table", head, rows }];
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
