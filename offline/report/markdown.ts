/** The report as Markdown, for a comment: the summary first and whole, then what may be cut. */
import { classOf } from "../compare";
import type { Change, ChangeClass } from "../compare";
import type { Report } from ".";
import { capacityTable } from "./capacity-table";
import type { StackReport, Verdict } from "./stack-report";
import { block, code, diffLines, errorBlock, folded } from "./text";

/** Characters a comment may have on GitHub (65536) and on GitLab (a million), with room for what others add. */
const LENGTH = 60_000;
/** Objects that are named in one line. */
const NAMES = 12;

const WORDS: Readonly<Record<ChangeClass, string>> = {
  "data-at-risk": "at risk of losing data",
  deleted: "deleted",
  replaced: "replaced",
  rolls: "rolling",
  created: "created",
  "in-place": "updated in place",
  metadata: "with other labels, annotations or protection",
  unchanged: "unchanged",
};
const ORDER = Object.keys(WORDS) as ChangeClass[];

/**
 * Markdown of at most `length` characters, cut from the end at whole parts. Verdicts, errors, data at risk, counts and
 * what rolls are never cut.
 */
export function renderMarkdown(report: Report, length = LENGTH): string {
  const summary = [heading(report), ...report.stacks.flatMap(stackSummary)];
  const details = report.stacks.flatMap(stackDetails);
  const note = (left: number): string =>
    `_${String(left)} more parts are left out here; \`--format json\` has everything._`;
  const text = (parts: readonly string[]): string => `${[...summary, ...parts].join("\n\n")}\n`;
  if (text(details).length <= length) return text(details);
  let kept = details.length;
  while (kept > 0 && text([...details.slice(0, kept), note(details.length - kept)]).length > length) kept--;
  return text([...details.slice(0, kept), note(details.length - kept)]);
}

function heading({ base, head, stacks, problems }: Report): string {
  const lines = stacks.map((stack) => `- **${code(stack.stack)}**: ${verdictLine(stack)}`);
  return [
    "## What this change does",
    `From ${code(base)} to ${code(head)}.`,
    lines.join("\n"),
    ...problems.map((text) => `**To be put right**:\n\n${errorBlock(text)}`),
  ].join("\n\n");
}

function verdictLine(stack: StackReport): string {
  const words: Readonly<Record<Verdict, string>> = {
    broken: `cannot be compared: ${sides(stack)} failed`,
    gone: "its file is gone",
    "data-at-risk": "**DATA AT RISK**",
    new: "a new stack",
    changed: "no data at risk",
    unchanged: "no change",
  };
  const counted = ORDER.filter((name) => name !== "unchanged" && (stack.counts[name] ?? 0) > 0).map(
    (name) => `${String(stack.counts[name])} ${WORDS[name]}`,
  );
  const failed = stack.verdict !== "broken" && stack.errors.length > 0 ? [`${sides(stack)} failed`] : [];
  const waived = stack.waived.length > 0 ? [`${String(stack.waived.length)} waived`] : [];
  const rest = [...failed, ...counted, ...waived].join(", ");
  return rest === "" ? words[stack.verdict] : `${words[stack.verdict]}; ${rest}`;
}

function sides({ errors }: StackReport): string {
  return [...new Set(errors.map(({ side }) => `the ${side}`))].join(" and ");
}

function stackSummary(stack: StackReport): string[] {
  if (stack.changes.length === 0 && stack.errors.length === 0) return [];
  const risky = stack.changes.filter(({ losses }) => losses.length > 0);
  return [
    `### ${code(stack.stack)}`,
    ...stack.errors.map(({ side, message }) => `The ${side} failed:\n\n${errorBlock(message)}`),
    ...(risky.length === 0
      ? []
      : [`**Data at risk**\n\n${risky.flatMap((change) => riskLines(change, stack)).join("\n")}`]),
    ...rolling(stack),
  ];
}

function riskLines(change: Change, { waived }: StackReport): string[] {
  return change.losses.map(({ kind, reason }) => {
    const allowed = waived.find(({ object, waiver }) => object === change.object && waiver.loss === kind)?.waiver;
    const permission = allowed === undefined ? "" : ` _Waived until ${allowed.expires}: ${code(allowed.reason)}_`;
    return `- ${nameOf(change)} **${kind}**: ${reason}.${permission}`;
  });
}

/** Its name in the cluster as well, where that is another one. */
function nameOf({ object, objectName, name }: Change): string {
  return objectName === name ? code(object) : `${code(object)} (${code(objectName)})`;
}

function rolling({ rolling: groups, changes }: StackReport): string[] {
  if (groups.length === 0) return [];
  const gaps = new Set(changes.filter(({ outage }) => outage).map(({ object }) => object));
  const lines = groups.map((group, index) => {
    const names = group.map((object) => `${code(object)}${gaps.has(object) ? " (with a gap)" : ""}`);
    return `${String(index + 1)}. ${names.join(", ")}`;
  });
  return [`**Pods are replaced**, in this order:\n\n${lines.join("\n")}`];
}

function stackDetails(stack: StackReport): string[] {
  const { changes, images, endpoints, reachability, outputs = [], capacity } = stack;
  const parts = [
    ...listed(changes),
    ...(images.length === 0
      ? []
      : [
          `**Images**\n\n${images.map(({ object, before, after }) => `- ${code(object)}: ${code(before)} -> ${code(after)}`).join("\n")}`,
        ]),
    ...gainLines("Exposed endpoints", endpoints),
    ...(outputs.length === 0 ? [] : [`**Outputs other stacks read** that differ: ${outputs.map(code).join(", ")}`]),
    ...(capacity === undefined || changes.length === 0 ? [] : capacityTable(capacity)),
    ...foldedGains("Who reaches whom", reachability),
    ...changes.filter(({ differences }) => differences.length > 0).map(diff),
  ];
  return parts.length === 0 ? [] : [`### ${code(stack.stack)} in detail`, ...parts];
}

/** What is neither at risk nor only rolling, by class. */
function listed(changes: readonly Change[]): string[] {
  const classes: readonly ChangeClass[] = ["deleted", "replaced", "created", "in-place", "metadata"];
  return classes.flatMap((name) => {
    const found = changes.filter((change) => classOf(change) === name);
    if (found.length === 0) return [];
    const lines = found.slice(0, NAMES).map((change) => `- ${nameOf(change)}${because(change)}`);
    const more = found.length > NAMES ? [`- and ${String(found.length - NAMES)} more`] : [];
    const title = WORDS[name];
    return [`**${title.charAt(0).toUpperCase()}${title.slice(1)}**\n\n${[...lines, ...more].join("\n")}`];
  });
}

function because({ replacedBecause, outage, rolls, consumers, notes }: Change): string {
  const idle = consumers.filter((name) => !rolls.includes(name));
  const facts = [
    ...(replacedBecause.length > 0 ? [replacedBecause.join(", ")] : []),
    ...(outage ? ["with an outage"] : []),
    ...(rolls.length > 0 ? [`rolls ${rolls.join(", ")}`] : []),
    ...(idle.length > 0 ? [`read by ${idle.join(", ")} at the next start`] : []),
    ...notes,
  ];
  return facts.length === 0 ? "" : `: ${facts.join("; ")}`;
}

function gainLines(title: string, gains: StackReport["endpoints"]): string[] {
  const lines = [
    ...(gains?.gained ?? []).map((line) => `- new: ${code(line)}`),
    ...(gains?.lost ?? []).map((line) => `- gone: ${code(line)}`),
  ];
  return lines.length === 0 ? [] : [`**${title}**\n\n${lines.join("\n")}`];
}

function foldedGains(title: string, gains: StackReport["reachability"]): string[] {
  const { gained = [], lost = [] } = gains ?? {};
  if (gained.length + lost.length === 0) return [];
  const lines = [...lost.map((line) => `- ${line}`), ...gained.map((line) => `+ ${line}`)];
  const summary = `${title}: ${String(gained.length)} new, ${String(lost.length)} gone`;
  return [folded(summary, block(lines.join("\n"), "diff"))];
}

function diff(change: Change): string {
  return folded(`${change.object}: ${WORDS[classOf(change)]}`, block(diffLines(change.differences), "diff"));
}
