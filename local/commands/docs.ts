import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../offline/project";
import { UserError } from "../../offline/user-error";
import { generatedDocs } from "../../config/reference";
import { command, main } from "../cli";

const program = command("docs", "Checks the generated docs against config/; with --update writes them.")
  .option("--update", "write them")
  .action(({ update }: { update?: true }) => {
    const root = projectRoot();
    const stale = Object.entries(generatedDocs()).filter(([name, text]) => {
      const path = join(root, name);
      return !existsSync(path) || readFileSync(path, "utf8") !== text;
    });
    if (update === undefined && stale.length > 0) {
      throw new UserError(
        `${stale.map(([name]) => name).join(", ")}: not what config/ says. Type: npm run docs -- --update`,
      );
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
