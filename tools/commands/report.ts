import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readPreview } from "../report/compare";
import { projectRoot } from "../recording/project";
import { exitCode, renderHtml, renderJson, renderMarkdown, reportOf, reportStack } from "../report";
import type { Report, StackReport } from "../report";
import { UserError } from "../shared/user-error";
import { readWaivers } from "../report/waivers";
import { atCommit, UnusableCommit } from "../recording/worktree";
import { command, formatOf, main } from "../shared/cli";
import { judgePreview, presentDay } from "../report/judge-preview";
import { learningShifts } from "./learning/shifts";
import { onInterrupt, teller } from "../shared/progress";
import { proveRecorded } from "./prove/stacks";
import { recordSides, stacksOf } from "../recording/both-sides";
import type { Base } from "../recording/both-sides";
import { programErrors } from "./check/type-check";

interface Options {
  readonly base?: string;
  readonly stack?: string[];
  readonly preview?: string;
  readonly prove?: true;
  readonly format: "markdown" | "json" | "html";
}

const program = command(
  "report",
  "It says what rolls, what is replaced, what is lost, what it takes. Needs no cluster and no passphrase, and no network unless the other revision " +
    "has other packages. Exit code 3: data is at risk and waivers.yaml does not allow it; 1: a side fails, or a waiver has " +
    "expired or allows nothing, or the API server refuses something.",
)
  .option("-b, --base <ref>", "branch, tag or commit to compare with")
  .option("-s, --stack <name...>", "only these stacks (default: every stack that has a file)")
  .option(
    "--preview <file>",
    "judge the output of `pulumi preview --json --show-replacement-steps` instead; - reads it from standard input",
  )
  .option(
    "--prove",
    "ask a real API server as well: on a control plane that is thrown away the base is applied, and the head is dry-run over " +
      "it, a pod of each template too. Builds the control plane the first time (10 to 20 minutes on 2 cores; needs Go)",
  )
  .option("-f, --format <name>", "markdown, json or html", formatOf("markdown", "json", "html"), "markdown")
  .action(report);

void main(program);

async function report(options: Options): Promise<void> {
  const { base, preview, prove, format } = options;
  if (base === undefined && preview === undefined) {
    throw new UserError("Say what to judge: --base <ref>, or --preview <file>.");
  }
  if (base !== undefined && preview !== undefined) {
    throw new UserError("Say --base <ref> or --preview <file>, and not both: a preview has a base of its own.");
  }
  if (preview !== undefined && prove === true) {
    throw new UserError("--prove goes with --base: what is deployed is not known to a control plane of ours.");
  }
  const root = projectRoot();
  const made =
    preview === undefined
      ? await compareRevisions(root, base ?? "", options)
      : judgePreview(readPreview(textOf(preview)), { waivers: readWaivers(root) });
  const text = { markdown: renderMarkdown, json: renderJson, html: renderHtml }[format](made);
  await new Promise<void>((done) =>
    process.stdout.write(text, () => {
      done();
    }),
  );
  process.exitCode = exitCode(made);
}

async function compareRevisions(root: string, ref: string, { stack: stacks, prove }: Options): Promise<Report> {
  const [signal, progress] = [onInterrupt(), teller()];
  const compare = async (base: Base, commit = ""): Promise<Report> => {
    const [sides, problems] = await Promise.all([
      recordSides({ root, base, stacks, progress, signal }),
      "folder" in base ? programErrors(root, base.folder, signal) : [],
    ]);
    const proven = prove === true ? await proveRecorded(sides, { root, progress, signal }) : undefined;
    const stackReports = [...sides].map(async ([stack, both]): Promise<StackReport> => {
      const learning = await learningShifts(root, both, signal);
      return { ...reportStack(stack, both), ...(learning === undefined ? {} : { learning }) };
    });
    return reportOf(await Promise.all(stackReports), {
      base: `${ref}${commit === "" ? "" : ` (${commit.slice(0, 7)})`}`,
      head: "the working tree",
      waivers: readWaivers(root),
      stackNames: stacksOf({ root, base }),
      today: presentDay(),
      problems,
      proven,
    });
  };
  try {
    return await atCommit(root, ref, (folder, commit) => compare({ folder }, commit), { progress, signal });
  } catch (error) {
    if (error instanceof UnusableCommit) return await compare({ error: error.message });
    throw error;
  } finally {
    progress("");
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : resolve(process.env.INIT_CWD ?? "", file), "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
