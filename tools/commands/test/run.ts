/** One run of the tests, in parts: each a jest of its own or a build, and one line of totals for all of them. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeBinary } from "../../recording/compile";
import { Interrupted } from "../../shared/user-error";
import { run } from "../../shared/processes";
import type { Command } from "./with-servers";

/** Environment variable that names the file to which tests/support/reporter.js writes what came of one jest. */
export const TEST_RESULTS = "VAPORA_TEST_RESULTS";

/** What came of one jest. */
interface Results {
  readonly passed: number;
  readonly failed: number;
  /** Names of skipped tests, which say why. */
  readonly skipped: readonly string[];
  /** Files with tests, and how long each took. */
  readonly files: readonly { readonly file: string; readonly seconds: number }[];
}

/** How many of the slowest files are named at the end. */
const SLOWEST = 10;

/** How jest is run. */
export interface JestOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Options for jest. @default [] */
  readonly flags?: readonly string[];
  /** Makes jest's command line one that runs it somewhere else. @default - it runs here */
  readonly within?: (command: Command) => Command;
}

/** Runs parts and adds up what comes of them. */
export class TestRun {
  private passed = 0;
  private failed = 0;
  private readonly skipped: string[] = [];
  private readonly minutes: string[] = [];
  private readonly files: Results["files"][number][] = [];

  /** @param patterns Paths of the tests to run, and options for jest; all tests if there are none. */
  public constructor(
    private readonly root: string,
    private readonly patterns: readonly string[],
    private readonly signal: AbortSignal,
  ) {}

  /** Runs one part and notes how long it took. */
  public async part<T>(name: string, body: () => Promise<T>): Promise<T> {
    const begin = Date.now();
    try {
      return await body();
    } finally {
      this.minutes.push(`${name} ${((Date.now() - begin) / 60_000).toFixed(1)} min`);
    }
  }

  /** Counts something that failed and is no test. */
  public fail(message: string): void {
    this.failed++;
    console.error(`error: ${message}`);
  }

  /** Those of jest's projects that have any of the tests to run. */
  public async withTests(...projects: readonly string[]): Promise<string[]> {
    if (this.patterns.length === 0) return [...projects];
    const found = projects.map(async (project) => {
      const [program, ...args] = this.command([project], ["--listTests"]);
      const { stdout } = await run(program, args, { cwd: this.root, signal: this.signal });
      return stdout.includes(".test.ts") ? [project] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /** Runs jest on some of its projects, its output as it comes. @throws Interrupted */
  public async jest(projects: readonly string[], options: JestOptions = {}): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "vapora-tests-"));
    const file = join(folder, "results.json");
    try {
      const code = await this.spawn(projects, options, file);
      // a jest that was killed leaves none
      const none: Results = { passed: 0, failed: 1, skipped: [], files: [] };
      const results = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : none;
      this.passed += results.passed;
      // jest has reasons of its own to fail, such as tests that it did not find
      this.failed += code !== 0 && results.failed === 0 ? 1 : results.failed;
      this.skipped.push(...results.skipped);
      this.files.push(...results.files);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Tells what was skipped, which files were slowest, how long the parts took, and the totals in the last line. Gives the exit code. */
  public finish(): number {
    if (this.minutes.length === 0) this.fail(`no test fits ${this.patterns.join(" ")}`);
    for (const name of this.skipped) console.log(`skipped: ${name}`);
    const slowest = [...this.files].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    if (slowest.length > 0)
      console.log(`slowest: ${slowest.map(({ file, seconds }) => `${file} ${seconds.toFixed(0)} s`).join(", ")}`);
    console.log(`parts: ${this.minutes.join(", ")}`);
    console.log(`${String(this.passed)} passed, ${String(this.failed)} failed, ${String(this.skipped.length)} skipped`);
    return this.failed === 0 ? 0 : 1;
  }

  private command(projects: readonly string[], flags: readonly string[]): Command {
    const jest = join(this.root, "node_modules", "jest", "bin", "jest.js");
    const patterns = this.patterns.length > 0 ? ["--testPathPatterns", ...this.patterns] : [];
    return [nodeBinary(this.root), jest, ...flags, "--selectProjects", ...projects, ...patterns];
  }

  private spawn(projects: readonly string[], options: JestOptions, file: string): Promise<number> {
    const { env = {}, flags = [], within = (command: Command): Command => command } = options;
    const [program, ...args] = within(this.command(projects, flags));
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: this.root,
        stdio: "inherit",
        env: { ...process.env, ...env, [TEST_RESULTS]: file },
      });
      // what makes namespaces for jest lets no SIGTERM through, and takes all that runs in them with it
      this.signal.addEventListener("abort", () => child.kill(options.within === undefined ? "SIGTERM" : "SIGKILL"));
      child.on("error", reject);
      child.on("close", (code) => {
        if (this.signal.aborted) reject(new Interrupted());
        else resolve(code ?? 1);
      });
    });
  }
}
