import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedDocs } from "../../../config/reference";
import { exampleDocs } from "./example-pages";
import { projectRoot } from "../../recording/project";
import { outputsDocs } from "../../../outputs/reference";
import { trafficDocs } from "./traffic-page";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { learningCharts } from "../learning/charts";
import { learningShifts } from "../learning/shifts";

const program = command("docs")
  .option("--update", "write them")
  .action(async ({ update }: { update?: true }) => {
    const root = projectRoot();
    const recorded = await Promise.all([trafficDocs(root), learningCharts(root), exampleDocs(root, learningShifts)]);
    const all = [generatedDocs(), outputsDocs(root), ...recorded];
    const generated = Object.fromEntries(all.flatMap((pages) => Object.entries(pages)));
    const stale = Object.entries(generated).filter(([name, text]) => {
      const path = join(root, name);
      return !existsSync(path) || readFileSync(path, "utf8") !== text;
    });
    if (update === undefined && stale.length > 0) {
      const names = stale.map(([name]) => name).join(", ");
      throw new UserError(`${names}: not what the program says. Type: npm run docs -- --update`);
    }
    for (const [name, text] of stale) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    console.log(
      stale.length === 0 ? "The generated docs are up to date." : `Written: ${stale.map(([name]) => name).join(", ")}`,
    );
  });

void main(program);
