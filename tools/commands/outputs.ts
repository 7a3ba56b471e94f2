import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../recording/project";
import { UserError } from "../shared/user-error";
import { objections } from "../../outputs/compatibility";
import { contractSchema, readSchema, SCHEMA_FILES, schemaText } from "../../outputs/contract-files";
import { command, main } from "../shared/cli";
import { buildOutputs } from "./try/outputs-package";
import { onInterrupt } from "../shared/progress";

const program = command("outputs", "The package goes to outputs/dist; the contract is compared with the released one.")
  .option("--release", "the contract is released now: later changes are compared with it")
  .action(async ({ release }: { release?: true }) => {
    const root = projectRoot();
    const changelog = readFileSync(join(root, "outputs", "CHANGELOG.md"), "utf8");
    const found = objections(readSchema(root, SCHEMA_FILES.released), contractSchema(), changelog);
    if (found.length > 0) throw new UserError(`The contract must not be released like this:\n${found.join("\n")}`);
    await buildOutputs(root, onInterrupt());
    if (release === true) writeFileSync(join(root, SCHEMA_FILES.released), schemaText(contractSchema()));
    console.log(`outputs/dist is built.${release === true ? ` Released: ${SCHEMA_FILES.released}` : ""}`);
  });

void main(program);
