/** The sample history of the repository, and the moment and the tasks it is asked about. */
import { join } from "node:path";
import { readHistory } from "./history";
import type { History } from "./history";

/** A moment shortly after the last execution: what is said of the history stays the same. */
export const SAMPLE_NOW = "2026-03-01T12:00:00Z";

/** Titles of tasks, for the words that tell a type. */
export const SAMPLE_TITLES = [
  "Fix the login",
  "Deploy 0.3 to staging",
  "Update the readme for operators",
  "Review the rate limiter",
  "Write tests for the parser",
];

/** The history in examples/learning. @throws UserError if it cannot be read. */
export function sampleHistory(root: string): History {
  return readHistory(["examples/learning/history.jsonl"], (file) => join(root, file));
}
