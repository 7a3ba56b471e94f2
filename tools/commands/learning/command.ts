import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { learningOf } from "./recorded";
import type { LearningTable } from "./recorded";
import { projectRoot, stackNames } from "../../recording/project";
import { record } from "../../recording/record";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { profiles, rankings } from "./ask";
import type { Asked, Profile, Task } from "./ask";
import { faultText, moment, readHistory } from "./history";
import type { History } from "./history";
import { one } from "./names";
import { assignmentsText, curveText, profilesText, rankingText } from "./terminal-text";
import { onInterrupt } from "../../shared/progress";

interface Options {
  readonly stack?: string;
  readonly taskType?: string;
  readonly now?: string;
  readonly strict?: true;
  readonly json?: true;
}

interface RankOptions extends Options {
  readonly against?: string;
  readonly recent?: true;
  readonly title?: string;
  readonly description?: string;
}

interface ProfileOptions extends Options {
  readonly agent?: string;
}

/** Wrong lines that are told one by one. */
const TOLD = 20;
/** Executions from which on it takes a while. */
const MANY = 10_000;

const program = command(
  "learning",
  "It asks the database's own functions, in a database in memory. Needs no cluster and no network; changes nothing.",
);
subcommand("rank", "Who would get a task, and why: agents, the best first, with what their score is made of.")
  .option("--title <text>", "title of a task, which tells its type")
  .option("--description <text>", "its description")
  .option("--recent", "the latest executions count more, as in fn::rank_with_recency")
  .option("--against <stack>", "another stack: which tasks would go to another agent under its settings")
  .action(rank);
subcommand("profile", "What each agent has shown in each task type: success rates and how far they can be trusted.")
  .option("--agent <name>", "this agent alone")
  .action(profile);
subcommand("curve", "Success rate day by day (UTC), for each agent and task type.")
  .option("--agent <name>", "this agent alone")
  .action(curve);
program.addHelpText("after", () => program.commands.map((one) => `\n${one.helpInformation()}`).join(""));

void main(program);

function subcommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument(
      "<history...>",
      "files of JSON lines, see docs/learning.md; - reads standard input. A line that is not right is told on standard error, by its number, and left out",
    )
    .addOption(new Option("--settings, --stack <name>", "stack whose settings hold"))
    .option("--task-type <name>", "this task type alone (default: each of the history)")
    .option("--now <moment>", "the moment that is asked about, e.g. 2026-03-01T12:00:00Z (default: the present)")
    .option("--strict", "a line that is not right ends the command with exit code 1")
    .option("--json", "as JSON, in the words of the database");
}

async function rank(files: readonly string[], options: RankOptions): Promise<void> {
  const { stack, against, title, description, json } = options;
  if (title !== undefined && options.taskType !== undefined) throw new UserError("Give --title or --task-type.");
  if (description !== undefined && title === undefined) throw new UserError("--description needs --title.");
  const { asked, settings, taskTypes } = await read(files, options, against === undefined ? [] : [against]);
  const tasks: Task[] =
    title === undefined ? taskTypes.map((task_type) => ({ task_type })) : [{ title, description: description ?? "" }];
  const [before = [], after] = await rankings(
    asked,
    settings.map((one) => ({ settings: one, isRecent: options.recent === true })),
    tasks,
  );
  const about = { stack, now: asked.now, left_out: asked.history.faults };
  if (after === undefined) {
    print(json, { ...about, rankings: before }, before.map(rankingText).join("\n\n"));
    return;
  }
  const assignments = before.map((ranking, index) => {
    const other = after[index] ?? ranking;
    const shifts = ranking.agents[0]?.agent !== other.agents[0]?.agent;
    return { task: title ?? ranking.task_type, before: ranking, after: other, shifts };
  });
  print(json, { ...about, against, assignments }, assignmentsText(assignments, stack ?? "", against ?? ""));
}

async function profile(files: readonly string[], options: ProfileOptions): Promise<void> {
  const { found, about } = await readProfiles(files, options);
  print(options.json, { ...about, profiles: found }, profilesText(found));
}

async function curve(files: readonly string[], options: ProfileOptions): Promise<void> {
  const { found, about } = await readProfiles(files, options);
  const curves = found.map(({ agent, task_type, curve: days }) => ({ agent, task_type, curve: days }));
  print(options.json, { ...about, curves }, found.map(curveText).join("\n\n"));
}

/** Profiles of agents and task types of which there are executions; of those that are named in any case. */
async function readProfiles(
  files: readonly string[],
  options: ProfileOptions,
): Promise<{ readonly found: readonly Profile[]; readonly about: object }> {
  const { asked, settings, taskTypes } = await read(files, options);
  const { agents, faults } = asked.history;
  const known = agents.map(({ agent }) => agent);
  const named = options.agent === undefined ? known : [one("agent", options.agent, known)];
  const [table] = settings;
  const all = table === undefined ? [] : await profiles(asked, table, named, taskTypes);
  const isNamed = options.agent !== undefined && options.taskType !== undefined;
  const found = all.filter(({ executions }) => isNamed || executions > 0);
  if (found.length === 0) throw new UserError(`There are no executions up to ${asked.now}.`);
  return { found, about: { stack: options.stack, now: asked.now, left_out: faults } };
}

/** All that a question needs: the history, the settings of the stack and of others, and the task types. */
async function read(
  files: readonly string[],
  { stack, taskType, now, strict }: Options,
  others: readonly string[] = [],
) {
  const root = projectRoot();
  const signal = onInterrupt();
  if (stack === undefined) {
    throw new UserError(`Say whose settings hold: --stack <name>. Stacks here: ${stackNames(root).join(", ")}.`);
  }
  if (now !== undefined && !moment.safeParse(now).success) {
    throw new UserError(`--now must be a moment such as 2026-03-01T12:00:00Z, not '${now}'.`);
  }
  const asked: Asked & { readonly history: History } = {
    root,
    history: readHistory(files, (file) => (file === "-" ? 0 : resolve(process.env.INIT_CWD ?? "", file))),
    now: now ?? new Date().toISOString(),
    signal,
  };
  tellFaults(asked.history, strict === true);
  tellLater(asked);
  const settings = await Promise.all([stack, ...others].map((name) => learning(root, name, signal)));
  const { executions } = asked.history;
  const types = [...new Set(executions.map(({ task_type }) => task_type))].sort();
  const told = settings.flatMap(({ task_types }) => Object.keys(task_types)).sort();
  const known = [...new Set([...types, ...told, "general"])];
  if (executions.length > MANY) console.error(`${String(executions.length)} executions go into the database ...`);
  const all = types.length > 0 ? types : known;
  return { asked, settings, taskTypes: taskType === undefined ? all : [one("task type", taskType, known)] };
}

/** A stack's settings, as the program gives them to its agents. */
async function learning(root: string, stack: string, signal: AbortSignal): Promise<LearningTable> {
  const settings = learningOf(await record(stack, { root, signal }));
  if (settings === undefined) throw new Error("the recording holds no settings of learning");
  return settings;
}

function tellFaults({ faults }: History, isStrict: boolean): void {
  if (faults.length === 0) return;
  const more = faults.length > TOLD ? [`... and ${String(faults.length - TOLD)} more`] : [];
  const text = [...faults.slice(0, TOLD).map(faultText), ...more].join("\n");
  if (isStrict) throw new UserError(`Lines that are not right: ${String(faults.length)}\n${text}`);
  console.error(`${text}\nLines left out: ${String(faults.length)}`);
}

/** What is left out because of the moment, which may be mistyped. */
function tellLater({ history, now }: Asked): void {
  const later = history.executions.filter(({ at }) => Date.parse(at) > Date.parse(now)).length;
  if (later > 0) console.error(`Executions that ended after ${now} and are not looked at: ${String(later)}`);
}

function print(json: true | undefined, data: object, text: string): void {
  console.log(json === true ? JSON.stringify(data, undefined, 2) : text);
}
