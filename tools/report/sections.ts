/** What a report says and in which order: the summary, which is never cut, and what may be. */
import { classOf } from "./compare";
import type { Change, ChangeClass } from "./compare";
import type { Report } from "./report-data";
import { capacityTable } from "./capacity-table";
import { CLASSES, WORDS } from "./classes";
import { diffLines } from "./diff";
import { aside, code, diff, errorText, folded, heading, joined, list, paragraph, prose, steps, strong } from "./blocks";
import type { Block, Inline, Line, Part } from "./blocks";
import { learningParts } from "./learning-effects";
import { proofDetails, proofSummary } from "./proof";
import type { StackReport, Verdict } from "./stack-report";

/** Objects that are named in one list. */
const NAMES = 12;

/** A verdict line per stack, and what is wrong beside the stacks. */
export function introduction({ title = "What this change does", base, head, stacks, problems }: Report): Part {
  return [
    heading(2, title),
    paragraph("From ", code(base), " to ", code(head), "."),
    list(stacks.map((stack) => [strong(code(stack.stack)), ": ", ...verdictLine(stack)])),
    ...problems.flatMap((text): Block[] => [paragraph(strong("To be put right"), ":"), errorText(text)]),
  ];
}

/** What an API server says, in short. Empty where none was asked. */
export function proofIntroduction({ base, proven }: Report): Part {
  return proven === undefined ? [] : proofSummary(base, proven);
}

/** All that an API server says of the stacks. */
export function proofParts({ proven = [] }: Report): Part[] {
  return proven.flatMap(proofDetails);
}

function verdictLine(stack: StackReport): Line {
  const words: Readonly<Record<Verdict, Inline>> = {
    broken: `cannot be compared: ${sides(stack)} failed`,
    gone: "its file is gone",
    "data-at-risk": strong("DATA AT RISK"),
    new: "a new stack",
    changed: stack.waived.length > 0 ? "data at risk is waived" : "no data at risk",
    unchanged: "no change",
  };
  const counted = CLASSES.filter((name) => name !== "unchanged" && (stack.counts[name] ?? 0) > 0).map(
    (name) => `${String(stack.counts[name])} ${WORDS[name]}`,
  );
  const failed = stack.verdict !== "broken" && stack.errors.length > 0 ? [`${sides(stack)} failed`] : [];
  const waived = stack.waived.length > 0 ? [`${String(stack.waived.length)} waived`] : [];
  const rest = [...failed, ...counted, ...waived].join(", ");
  return rest === "" ? [words[stack.verdict]] : [words[stack.verdict], `; ${rest}`];
}

function sides({ errors }: StackReport): string {
  return [...new Set(errors.map(({ side }) => `the ${side}`))].join(" and ");
}

/** Errors, data at risk, and what rolls. Empty where there is none. */
export function stackSummary(stack: StackReport): Part {
  const risky = stack.changes.filter(({ losses }) => losses.length > 0);
  return [
    ...stack.errors.flatMap(({ side, message }) => [paragraph(`The ${side} failed:`), errorText(message)]),
    ...(risky.length === 0
      ? []
      : [paragraph(strong("Data at risk")), list(risky.flatMap((change) => riskLines(change, stack)))]),
    ...rolling(stack),
  ];
}

function riskLines(change: Change, { waived }: StackReport): Line[] {
  return change.losses.map(({ kind, reason }) => {
    const allowed = waived.find(({ object, waiver }) => object === change.object && waiver.loss === kind)?.waiver;
    const permission =
      allowed === undefined ? [] : [" ", aside(`Waived until ${allowed.expires}: `, code(allowed.reason))];
    return [...nameOf(change), " ", strong(kind), ": ", ...prose(`${reason}.`), ...permission];
  });
}

/** Its name in the cluster as well, where that is another one. */
function nameOf({ object, objectName, name }: Change): Line {
  return objectName === name ? [code(object)] : [code(object), " (", code(objectName), ")"];
}

function rolling({ rolling: groups, changes }: StackReport): Block[] {
  if (groups.length === 0) return [];
  const gaps = new Set(changes.filter(({ outage }) => outage).map(({ object }) => object));
  const lines = groups.map((group) => {
    const names = group.map((object): Line => [code(object), ...(gaps.has(object) ? [" (with a gap)"] : [])]);
    return joined(names, ", ");
  });
  return [paragraph(strong("Pods are replaced"), ", in this order:"), steps(lines)];
}

/** All the rest of a stack. Empty where it does not change. */
export function stackDetails(stack: StackReport): Part[] {
  const { changes, images, endpoints, reachability, outputs = [], capacity, learning } = stack;
  return [
    ...listed(changes),
    ...titled(
      "Images",
      images.map(({ object, before, after }) => [code(object), ": ", code(before), " -> ", code(after)]),
    ),
    ...titled("Exposed endpoints", [
      ...(endpoints?.gained ?? []).map((line): Line => ["new: ", code(line)]),
      ...(endpoints?.lost ?? []).map((line): Line => ["gone: ", code(line)]),
    ]),
    ...(outputs.length === 0
      ? []
      : [
          [
            paragraph(
              strong("Outputs other stacks read"),
              " that differ: ",
              ...joined(
                outputs.map((name) => [code(name)]),
                ", ",
              ),
            ),
          ],
        ]),
    ...(capacity === undefined || changes.length === 0 ? [] : [capacityTable(capacity)]),
    ...learningParts(learning),
    ...foldedGains("Who reaches whom", reachability),
    ...changes.filter(({ differences }) => differences.length > 0).map(diffPart),
  ];
}

/** What is neither at risk nor only rolling, by class. */
function listed(changes: readonly Change[]): Part[] {
  const classes: readonly ChangeClass[] = ["deleted", "replaced", "created", "in-place", "metadata"];
  return classes.flatMap((name) => {
    const found = changes.filter((change) => classOf(change) === name);
    const lines = found.slice(0, NAMES).map((change) => [...nameOf(change), ...because(change)]);
    const more = found.length > NAMES ? [[`and ${String(found.length - NAMES)} more`]] : [];
    return titled(`${WORDS[name].charAt(0).toUpperCase()}${WORDS[name].slice(1)}`, [...lines, ...more]);
  });
}

function because({ replacedBecause, outage, rolls, consumers, notes }: Change): Line {
  const idle = consumers.filter((name) => !rolls.includes(name));
  const facts = [
    ...(replacedBecause.length > 0 ? [replacedBecause.join(", ")] : []),
    ...(outage ? ["with an outage"] : []),
    ...(rolls.length > 0 ? [`rolls ${rolls.join(", ")}`] : []),
    ...(idle.length > 0 ? [`read by ${idle.join(", ")} at the next start`] : []),
    ...notes,
  ];
  return facts.length === 0 ? [] : [": ", ...prose(facts.join("; "))];
}

function titled(title: string, lines: readonly Line[]): Part[] {
  return lines.length === 0 ? [] : [[paragraph(strong(title)), list(lines)]];
}

function foldedGains(title: string, gains: StackReport["reachability"]): Part[] {
  const { gained = [], lost = [] } = gains ?? {};
  if (gained.length + lost.length === 0) return [];
  const lines = [...lost.map((line) => `- ${line}`), ...gained.map((line) => `+ ${line}`)];
  return [[folded(`${title}: ${String(gained.length)} new, ${String(lost.length)} gone`, diff(lines.join("\n")))]];
}

function diffPart(change: Change): Part {
  return [folded(`${change.object}: ${WORDS[classOf(change)]}`, diff(diffLines(change.differences)))];
}
