/** A stack in a backend, as `pulumi` knows it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localFolder } from "../shared/cache";
import { UserError } from "../shared/user-error";
import { run } from "../shared/processes";
import type { RunResult } from "../shared/processes";

/** How to run pulumi. */
export interface PulumiRun {
  /** Environment beside the usual one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** True if what it says is a result, and no progress. @default false */
  readonly quiet?: boolean;
}

/** Runs pulumi for one stack. */
export interface PulumiStack {
  readonly project: string;
  readonly stack: string;
  /** True for a stack that is tried out: the project's commands are about the one in the user's backend. @default false */
  readonly isTried?: boolean;
  /** Runs pulumi for this stack, whatever comes of it. */
  readonly try: (args: readonly string[], options?: PulumiRun) => Promise<RunResult>;
  /** URL of the backend, e.g. `file:///var/state`, `s3://bucket`, `https://app.pulumi.com/me`. */
  readonly backend: () => Promise<string>;
}

/** A stack of this project in the backend the user is logged in to, with their environment. */
export class UserStack implements PulumiStack {
  public constructor(
    private readonly pulumi: string,
    private readonly root: string,
    public readonly project: string,
    public readonly stack: string,
    private readonly signal?: AbortSignal,
    private readonly progress: (line: string) => void = () => undefined,
  ) {}

  public try(args: readonly string[], options: PulumiRun = {}): Promise<RunResult> {
    return this.run([...args, "--stack", this.stack, "--color", "never"], options);
  }

  public async backend(): Promise<string> {
    const { code, stdout, stderr } = await this.run(["whoami", "--json"], { quiet: true });
    if (code !== 0) throw new UserError(`pulumi whoami failed:\n${saidBy({ code, stdout, stderr })}`);
    return (JSON.parse(stdout) as { url: string }).url;
  }

  private async run(args: readonly string[], { env, input = "", quiet = false }: PulumiRun): Promise<RunResult> {
    // Pulumi's Kubernetes provider leaves copies of the kubeconfig, token and all, among the temporary files
    const temporary = mkdtempSync(join(tmpdir(), "vapora-pulumi-"));
    try {
      return await run(this.pulumi, [...args, "--non-interactive"], {
        cwd: this.root,
        input,
        signal: this.signal,
        onLine: (line) => {
          if (!quiet && line.trim() !== "") this.progress(line.trim());
        },
        env: {
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_STACK: undefined,
          TMPDIR: temporary,
          // what Pulumi compiles lies among them as well, and is worth keeping
          TS_NODE_CACHE_DIRECTORY: process.env.TS_NODE_CACHE_DIRECTORY ?? join(localFolder(this.root), "compiled"),
          ...env,
        },
      });
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
}

/** Runs pulumi for a stack. @throws UserError with what it said, if it fails. */
export async function mustRun(stack: PulumiStack, args: readonly string[], options?: PulumiRun): Promise<RunResult> {
  const result = await stack.try(args, options);
  if (result.code !== 0) throw failureOf(stack, args, result);
  return result;
}

/** A failed run as an error, with what to do about a state that a killed run has left unreadable. */
export function failureOf(
  { stack, isTried = false }: Pick<PulumiStack, "stack" | "isTried">,
  [command = ""]: readonly string[],
  result: RunResult,
): UserError {
  const said = saidBy(result);
  return new UserError(`pulumi ${command} failed:\n${said}${isTried ? "" : adviceOn(said, stack)}`);
}

/** What to type about a failure, by what pulumi said of it; empty if its own words say enough. */
export function adviceOn(said: string, stack: string): string {
  const [, advice] = ADVICE.find(([sign]) => sign.test(said)) ?? [];
  return advice === undefined ? "" : `\nType: npm run ${advice} -- ${stack}`;
}

/** Commands by what tells that they help. The first that fits is named. */
const ADVICE: readonly (readonly [sign: RegExp, command: string])[] = [
  // a backend that is not reached is told in other words
  [/failed to load checkpoint/, "recover"],
  [/the stack is currently locked|another update is currently in progress/i, "recover"],
  [/jobs\.batch \S+ not found/, "up"],
  [/violates plan/, "up"],
  // of pods, Jobs and claims pulumi knows less than the cluster
  [/failed to fully initialize or become live|Job .*failed|DeadlineExceeded|timed out/i, "doctor"],
];

/**
 * The part of pulumi's output that says what went wrong: the resources' own errors, without the count of what was done
 * and without what only follows from them.
 */
export function saidBy({ stdout, stderr }: RunResult): string {
  const from = stdout.search(/^(Policies|Diagnostics):/m);
  if (from < 0) return `${stdout}\n${stderr}`.trim();
  const [title = "", ...blocks] = stdout
    .slice(from)
    .replace(/^(Resources|Outputs|Duration):[^]*/m, "")
    .split(/^(?= {2}\S)/m);
  const causes = blocks.filter((block) => !isConsequence(block));
  return [title, ...(causes.length > 0 ? causes : blocks)].join("").trim();
}

/** Of a resource, that the run failed, or that a plan had it and the run that failed before did not come to it. */
function isConsequence(block: string): boolean {
  const lines = block.split("\n").slice(1);
  const told = lines.map((line) => line.trim()).filter((line) => line !== "");
  return told.every((line) =>
    /^error: (update failed|preview failed|destroy failed|expected resource operations for .* but none were seen)$/.test(
      line,
    ),
  );
}
