import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedDocs } from "../../../config/reference";
import { outputsDocs } from "../../../outputs/contract-files";
import { projectRoot } from "../../recording/project";
import { command, main } from "../../shared/cli";
import { UserError } from "../../shared/user-error";
import { learningCharts } from "../learning/charts";
import { learningShifts } from "../learning/shifts";
import { exampleDocs } from "./example-pages";
import { allGoldens, GOLDENS } from "./goldens";
import { trafficDocs } from "./traffic-page";

/** Texts by path from the project's folder. */
type Files = Readonly<Record<string, string>>;

const program = command("docs", "With --update they are written; read their diff before you commit it.")
  .option("--update", "write what differs, and take away golden files of objects that are gone")
  .action(async ({ update }: { update?: true }) => {
    const root = projectRoot();
    const wanted = { ...(await docs(root)), ...(await allGoldens(root)) };
    const stale = Object.keys(wanted).filter((name) => textOf(root, name) !== wanted[name]);
    const gone = goldenNames(root).filter((name) => !(name in wanted));
    const differing = [...stale, ...gone].sort();
    if (update === undefined && differing.length > 0) {
      throw new UserError(`Not what the program says: ${differing.join(", ")}. Type: npm run docs -- --update`);
    }
    for (const name of stale) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), wanted[name] ?? "");
    }
    for (const name of gone) rmSync(join(root, name));
    console.log(
      differing.length === 0 ? "Docs and golden files are what the program says." : `Written: ${differing.join(", ")}`,
    );
  });

void main(program);

async function docs(root: string): Promise<Files> {
  const recorded = await Promise.all([trafficDocs(root), learningCharts(root), exampleDocs(root, learningShifts)]);
  return Object.assign({}, generatedDocs(), outputsDocs(root), ...recorded) as Files;
}

function goldenNames(root: string): string[] {
  return readdirSync(join(root, GOLDENS), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
}

function textOf(root: string, name: string): string | undefined {
  const path = join(root, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
