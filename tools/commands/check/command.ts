import { projectRoot } from "../../recording/project";
import { check } from "./checks";
import { command, main } from "../../shared/cli";
import { onInterrupt } from "../../shared/progress";

void main(command("check").action(() => check(projectRoot(), onInterrupt())));
