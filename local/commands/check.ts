import { projectRoot } from "../../offline/project";
import { check } from "../checks";
import { command, main } from "../cli";
import { onInterrupt } from "../progress";

void main(
  command("check", "Format, lint with no warning allowed, and types.").action(() =>
    check(projectRoot(), onInterrupt()),
  ),
);
