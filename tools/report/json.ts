/** The report as JSON, for programs. */
import { classOf } from "./compare";
import type { Change } from "./compare";
import type { Report } from "./report-data";
import type { StackReport } from "./stack-report";

/** The report with two spaces of indentation and an end of line. Inputs of objects are left out, differences are in it. */
export function renderJson(report: Report): string {
  return `${JSON.stringify({ ...report, stacks: report.stacks.map(stackOf) }, undefined, 2)}\n`;
}

function stackOf({ changes, ...stack }: StackReport): object {
  return { ...stack, changes: changes.map(changeOf) };
}

function changeOf(change: Change): object {
  const { object, objectName, action, outage, replacedBecause, losses, consumers, rolls, notes, differences } = change;
  const about = { object, objectName, class: classOf(change), action, outage };
  return { ...about, replacedBecause, losses, consumers, rolls, notes, differences };
}
