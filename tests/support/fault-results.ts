/** What came of faults: kept in a file as they are tried, so that a run goes on where the last one ended; and the page. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../tools/recording/project";

/** One `up` or `destroy` that was disturbed. */
export interface FaultResult {
  /** Which of the runs it belongs to: a series on one stack, e.g. `create 3`. */
  readonly series: string;
  /** Row of the page, e.g. `killed while it creates`. */
  readonly row: string;
  /** The write it happened at, e.g. `POST /api/v1/namespaces`. */
  readonly write: string;
  /** How many faults it stands for: several replies may be lost in one `up`. */
  readonly faults: number;
  readonly locks: number;
  /** Operations that the state is not sure of. */
  readonly pending: number;
  /** Objects of the stack that its state does not know. */
  readonly unknown: number;
  /** Whether a plain run of pulumi after it fails. */
  readonly fails: boolean;
  /** Whether `recover`, and the same command once more, brought what was wanted, with nothing left over. */
  readonly converged: boolean;
}

const ROOT = projectRoot();
const FILE = join(ROOT, ".faults", "results.jsonl");
const PAGE = join(ROOT, "docs", "reliability.md");
const [BEGIN, END] = ["<!-- npm run test:faults writes this -->", "<!-- end -->"];

export function readResults(): FaultResult[] {
  if (!existsSync(FILE)) return [];
  const lines = readFileSync(FILE, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as FaultResult);
}

/** Keeps the results of a series, all at once: one that was interrupted is tried again. */
export function keepResults(results: readonly FaultResult[]): void {
  mkdirSync(dirname(FILE), { recursive: true });
  appendFileSync(FILE, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
}

/** Writes the table of docs/reliability.md, which keeps its other text. */
export function writePage(): void {
  const text = readFileSync(PAGE, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${PAGE} has no place for the table`);
  writeFileSync(PAGE, `${text.slice(0, before + BEGIN.length)}\n\n${tableOf(readResults())}\n\n${text.slice(after)}`);
}

/** The table, one row each, in the order in which they came. */
export function tableOf(results: readonly FaultResult[]): string {
  const rows = [...new Set(results.map(({ row }) => row))].map((row) => {
    const those = results.filter((result) => result.row === row);
    const faults = those.reduce((sum, result) => sum + result.faults, 0);
    const count = (is: (result: FaultResult) => boolean): number => those.filter(is).length;
    return [
      row,
      faults,
      those.length,
      count(({ locks }) => locks > 0),
      count(({ pending }) => pending > 0),
      count(({ unknown }) => unknown > 0),
      count(({ fails }) => fails),
      count(({ converged }) => converged),
    ];
  });
  const head = ["run of pulumi", "faults", "runs", "lock left", "open operations", "unknown objects", "next run fails"];
  const all = [[...head, "converged after recover"], ["---", ...head.map(() => "---:")], ...rows];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
