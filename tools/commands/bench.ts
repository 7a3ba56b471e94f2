import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { buildSync } from "esbuild";
import { parse, stringify } from "yaml";
import { cacheFolder, nodeBinary } from "../recording/compile";
import { withoutSecrets } from "../recording/open-config";
import { PROGRAM_FOLDERS, projectRoot, readStack } from "../recording/project";
import { record } from "../recording/record";
import { UserError } from "../shared/user-error";
import { command, main } from "../shared/cli";
import { startControlPlane, stopControlPlane } from "../cluster/control-plane";
import { Engine } from "./try/engine";
import { missingForPulumi, providePulumi } from "../pulumi/built";
import { rankingTimes } from "./learning/ranking-times";
import { run } from "../shared/processes";
import { onInterrupt } from "../shared/progress";
import { buildTools, CONTROL_PLANE_TOOLS } from "../cluster/go-tools";

const program = command(
  "bench",
  "The recording is timed against a process that only imports the two Pulumi SDKs, the report on two stacks against three " +
    "recordings. With a pulumi, on PATH or built, a preview that changes nothing against the same of the compiled program, and the " +
    "report against that preview. Both of a pair run in turn; quote the ratio.",
)
  .option("-n, --runs <number>", "counted runs of each, after one that is not counted", parseNumber, 5)
  .option(
    "--ranking",
    "instead: a ranking of 100 agents with 100 executions each, before and after older ones are written; takes minutes",
  )
  .option("--older <number>", "how many older ones", parseNumber, 500_000)
  .action(bench);

void main(program);

interface Options {
  readonly runs: number;
  readonly ranking?: true;
  readonly older: number;
}

async function bench({ runs, ranking, older }: Options): Promise<void> {
  const root = projectRoot();
  if (ranking === true) {
    console.error(`Writing ${String(older)} older executions into a database in memory ...`);
    const { before, after } = await rankingTimes(root, { runs, older, signal: onInterrupt() });
    const seconds = [after, before].map((times) => times.map((time) => time / 1000));
    printPair([`ranking, ${String(older)} older`, "ranking, none older"], seconds);
    return;
  }
  await compare(runs, {
    "recording of stack prod": () => record("prod", { root }),
    "import of the SDKs alone": () =>
      mustRun(nodeBinary(root), ["-e", 'require("@pulumi/pulumi");require("@pulumi/kubernetes")'], root),
  });
  await compare(runs, {
    "report on two stacks": () => report(root),
    "three recordings": async () => {
      for (let count = 0; count < 3; count++) await record("prod", { root });
    },
  });
  if (missingForPulumi(root).length > 0) {
    console.log("The preview is not timed: there is no pulumi on PATH, and none was built; npm run try builds one.");
    return;
  }
  const pulumi = await providePulumi(root, () => undefined);
  if (pulumi.isBuilt) console.log("With the pulumi that this project builds:");
  await benchPreview(root, pulumi.path, runs);
}

/** The command as a reviewer runs it, on the last commit. */
function report(root: string): Promise<void> {
  return mustRun(nodeBinary(root), ["tools/launch.js", "report", "--base", "HEAD", "--stack", "dev", "prod"], root);
}

/** A preview without changes, of the program as it is and of one compiled before. */
async function benchPreview(root: string, pulumi: string, runs: number): Promise<void> {
  const folder = join(cacheFolder(root), `bench-${String(process.pid)}`);
  const signal = onInterrupt();
  const tools = await buildTools(root, CONTROL_PLANE_TOOLS, () => undefined, signal);
  try {
    const cluster = await startControlPlane(join(folder, "control-plane"), tools, { signal });
    const { project, config: sealed } = readStack(root, "dev");
    const { config } = withoutSecrets(project, sealed);
    const engine = (name: string): Engine =>
      new Engine(pulumi, {
        root,
        stack: "dev",
        cluster,
        folder: join(folder, name),
        progress: () => undefined,
        signal,
      });
    const source = engine("source");
    await source.prepare({ ...config, "vapora:cluster": { identifier: "bench", kubeconfig: cluster.kubeconfig } });
    await source.run(["up", "--yes", "--skip-preview"]);

    // the same project and state, pointing to JavaScript
    cpSync(join(folder, "source"), join(folder, "compiled"), { recursive: true });
    const compiled = precompile(root, join(folder, "program"));
    const projectFile = parse(readFileSync(join(folder, "compiled", "Pulumi.yaml"), "utf8")) as object;
    writeFileSync(
      join(folder, "compiled", "Pulumi.yaml"),
      stringify({ ...projectFile, main: compiled, runtime: { name: "nodejs", options: { typescript: false } } }),
    );
    const preview = ["preview", "--expect-no-changes"];
    await compare(runs, {
      "preview without changes": () => source.run(preview),
      "the same, precompiled": () => engine("compiled").run(preview),
    });
    await compare(runs, {
      "report on two stacks": () => report(root),
      "preview without changes": () => source.run(preview),
    });
  } finally {
    await stopControlPlane(join(folder, "control-plane"));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles the program file by file into a folder of its own, with the project's packages, and gives its path from there. */
function precompile(root: string, outdir: string): string {
  const sources = globSync(`{${PROGRAM_FOLDERS.join(",")}}/**/*.ts`, { cwd: root, exclude: ["outputs/dist/**"] });
  mkdirSync(outdir, { recursive: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: ["index.ts", ...sources],
    outdir,
    outbase: ".",
    format: "cjs",
    platform: "node",
  });
  writeFileSync(join(outdir, "package.json"), JSON.stringify({ name: "compiled", main: "index.js" }));
  for (const folder of ["node_modules", "knowledge-graph/migrations"]) {
    symlinkSync(join(root, folder), join(outdir, folder));
  }
  cpSync(join(root, "knowledge-graph", "functions.surql"), join(outdir, "knowledge-graph", "functions.surql"));
  return "../program";
}

/** Runs two things in turn and prints the median of each, and of their ratio pair by pair. */
async function compare(runs: number, pair: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const names = Object.keys(pair);
  const times: number[][] = names.map(() => []);
  for (let index = 0; index <= runs; index++) {
    for (const [position, name] of names.entries()) {
      const start = performance.now();
      await pair[name]?.();
      if (index > 0) times[position]?.push((performance.now() - start) / 1000);
    }
  }
  printPair(names, times);
}

/** Prints the median of each of two, in seconds, and of their ratio pair by pair. */
function printPair(names: readonly string[], times: readonly (readonly number[])[]): void {
  const [first = [], second = []] = times;
  const runs = first.length;
  const ratios = first.map((seconds, index) => seconds / (second[index] ?? NaN));
  names.forEach((name, index) => {
    console.log(`${name.padEnd(28)} ${median(times[index] ?? []).toFixed(2)} s (median of ${String(runs)})`);
  });
  console.log(`${"ratio".padEnd(28)} ${median(ratios).toFixed(2)}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function mustRun(path: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await run(path, args, { cwd });
  if (code !== 0) throw new UserError(stderr);
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}
