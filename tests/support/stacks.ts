/**
 * The stacks that tests of the program run on: a development and a production one of their own. The stack files at the
 * top belong to whoever deploys; what they say decides no test but those of the goldens and the docs.
 */
import { join } from "node:path";
import { projectRoot, readStack } from "../../tools/recording/project";
import type { StackFile } from "../../tools/recording/project";

/** Folder of the stacks' files. */
export const STACK_FILES = join(projectRoot(), "tests", "fixtures", "stacks");

/** Names of the stacks. */
export const STACKS = ["dev", "prod"] as const;

/** A stack as its file gives it. */
export function fixtureStack(stack: string): StackFile {
  return readStack(STACK_FILES, stack);
}
