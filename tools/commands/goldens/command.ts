import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { projectRoot, stackNames } from "../../recording/project";
import { record } from "../../recording/record";
import { writeFiles } from "../../recording/render";
import { UserError } from "../../shared/user-error";
import { keyEffects, keyTrials } from "../docs/key-effects";
import { goldenFiles, reachabilityGolden } from "./goldens";
import { command, main } from "../../shared/cli";

const program = command("goldens", "Read their diff before you commit it.")
  .option("--update", "really write them")
  .action(async ({ update }: { update?: true }) => {
    if (update === undefined) {
      throw new UserError("Nothing is written without --update. `npm run test:unit` shows what differs.");
    }
    const root = projectRoot();
    const folder = join(root, "tests", "golden");
    for (const stack of stackNames(root)) {
      const recording = await record(stack);
      const files = goldenFiles(recording);
      writeFiles(join(folder, stack), files, () => true);
      writeFileSync(join(folder, `${stack}-reachability.yaml`), reachabilityGolden(recording));
      console.log(`${String(files.size)} golden files of stack ${stack}`);
    }
    console.log("What each config key changes (about a minute) ...");
    writeFileSync(join(folder, "keys.yaml"), stringify(keyEffects(await keyTrials(root))));
  });

void main(program);
