/** docs/reports: what the report says of one change of each kind, made from the stack files as they are. */
import { stringify } from "yaml";
import { EXAMPLES } from "./examples";
import type { Example } from "./examples";
import { readStack } from "../../recording/project";
import type { Json } from "../../recording/recording";
import { openRecorder, record } from "../../recording/record";
import type { ProjectRecorder } from "../../recording/record";
import { exitCode, renderMarkdown, reportOf, reportStack } from "../../report";
import type { LearningShifts, Report } from "../../report";
import type { Side, Sides } from "../../recording/both-sides";
import { diffLines } from "../../report/diff";
import { diff } from "../../report/blocks";
import { renderParts } from "../../report/markdown";

type Config = Readonly<Record<string, unknown>>;

const FOLDER = "docs/reports";

/** The day by which waivers are judged. */
const DAY = "2026-12-01";

/** Characters of a report that are shown: a change of every object fills pages. */
const LENGTH = 20_000;

/** Which tasks other settings of learning shift, which takes a database to say. */
type LearningOf = (root: string, sides: Sides) => Promise<LearningShifts | undefined>;

/** The generated texts by path. */
export async function exampleDocs(root: string, learningOf: LearningOf): Promise<Readonly<Record<string, string>>> {
  const recorders = { dev: await openRecorder({ root }), prod: await openRecorder({ root }) };
  const pages = EXAMPLES.map(async (example): Promise<[string, string]> => {
    const file = readStack(root, example.stack).config;
    const before = changed(file, example.before);
    const after = changed(before, example.after);
    const sides = await sidesOf(root, example, recorders[example.stack], [before, after]);
    const report = judged(example, sides, await learningOf(root, sides));
    return [`${FOLDER}/${example.name}.md`, page(example, editOf(example, before, after), report)];
  });
  for (const { close } of Object.values(recorders)) void close();
  return { [`${FOLDER}/README.md`]: index(), ...Object.fromEntries(await Promise.all(pages)) };
}

async function sidesOf(
  root: string,
  { stack, file, isBroken }: Example,
  recorder: ProjectRecorder,
  [before, after]: readonly [Config, Config],
): Promise<Sides> {
  const absent = Promise.resolve({ absent: true } as const);
  const recorded = async (config: Config): Promise<Side> => ({ recording: await recorder.record(stack, config) });
  const broken = (): Promise<Side> =>
    // in a process of its own, since one that has failed is of no use to the others
    record(stack, { root, config: after }).then(
      (recording) => ({ recording }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
  const [base, head] = await Promise.all([
    file === "comes" ? absent : recorded(before),
    file === "goes" ? absent : isBroken === true ? broken() : recorded(after),
  ]);
  return { base, head };
}

function judged({ stack, waivers = [] }: Example, sides: Sides, learning: LearningShifts | undefined): Report {
  const context = { base: "main", head: "the working tree", waivers, stackNames: [stack], today: DAY };
  return reportOf([{ ...reportStack(stack, sides), ...(learning === undefined ? {} : { learning }) }], context);
}

/** Config with some fields of sections, or values, set; what is undefined is taken out. */
function changed(config: Config, changes: Config = {}): Config {
  const set = Object.entries(changes).map(([name, value]) => {
    const [key, old] = [`vapora:${name}`, config[`vapora:${name}`]];
    return [key, isSection(old) && isSection(value) ? { ...old, ...value } : value];
  });
  return { ...config, ...Object.fromEntries(set) } as Config;
}

function isSection(value: unknown): value is Config {
  return typeof value === "object" && value !== null;
}

/** The change in words and as lines of YAML. */
function editOf({ stack, after = {}, file, waivers = [] }: Example, old: Config, now: Config): string {
  const name = `Pulumi.${stack}.yaml`;
  if (file !== undefined) return `\`${name}\` ${file === "comes" ? "is new" : "is deleted"}.`;
  const text = (value: unknown): Json | undefined =>
    isSection(value) ? stringify(value) : (value as Json | undefined);
  const differences = Object.keys(after).map((key) => ({
    path: `vapora:${key}`,
    before: text(old[`vapora:${key}`]),
    after: text(now[`vapora:${key}`]),
  }));
  const waived = waivers.length === 0 ? "" : `\n\nIn \`waivers.yaml\`:\n\n\`\`\`yaml\n${stringify(waivers)}\`\`\``;
  return `In \`${name}\`:\n\n${renderParts([[diff(diffLines(differences))]])}${waived}`;
}

function page({ title }: Example, edit: string, report: Report): string {
  return `# ${title}

<!-- npm run docs -- --update -->

${edit}

The report ends with exit code ${String(exitCode(report))}:

${renderMarkdown(report, LENGTH)}`;
}

function index(): string {
  const lines = EXAMPLES.map(({ name, title }) => `- [${title}](${name}.md)`);
  return `# Reports

What \`npm run report\` says of one change of each kind to the stacks of this repository; see [pull requests](../pull-requests.md).
\`npm run docs -- --update\` makes these pages anew.

${lines.join("\n")}
`;
}
