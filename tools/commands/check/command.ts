import { projectRoot } from "../../recording/project";
import { check } from "./checks";
import { command, main } from "../../shared/cli";
import { onInterrupt } from "../../shared/progress";

void main(
  command("check", "Format, lint with no warning allowed, and types.").action(() =>
    check(projectRoot(), onInterrupt()),
  ),
);
