/** The project's commands as a person runs them: in a checkout of their own, on a machine with few programs. */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, constants, homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { stringify } from "yaml";
import type { Cluster } from "../../tools/cluster/kubectl";
import { allCommandLines, commandLines } from "../../tools/shared/processes";
import { controlPlaneFolder } from "../../tools/commands/try/target";
import { builtTools } from "../../tools/cluster/go-tools";
import { isAlive } from "../../tools/shared/alive";
import { cacheFolder } from "../../tools/recording/compile";
import { projectRoot, stackFilePath } from "../../tools/recording/project";
import { isOpen } from "../../tools/cluster/loopback-ports";
import { pulumi } from "./cluster";
import { eventually, onPath } from "./programs";
import { STACK_FILES, STACKS } from "./stacks";

/** Longer than any command here takes on a busy machine; one that still runs then hangs. */
const COMMAND_TIMEOUT = 300_000;
/** What is about to end by itself when its command ends gets this long. */
const GRACE = 3_000;
/** Folders of checkouts; the id of the process that made them follows. */
const PREFIX = "vapora-checkout-";
/** What git ignores in a checkout. */
const IGNORED = /(^|\/)node_modules(\/|$)|^(\.local|out|outputs\/dist)(\/|$)/;

/** How a command ended, and all it said on either output, in order. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Who gets a signal: a terminal sends Ctrl-C to every process of the command, `kill` and supervisors to the top one. */
export type Receiver = "all" | "top";

/** The control plane that a checkout's commands started, by its state file. */
export interface LocalState extends Cluster {
  readonly server: string;
  readonly processes: Readonly<Record<string, number>>;
}

interface Start {
  /** Environment beside the checkout's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments to run instead of the launcher. */
  readonly program?: readonly string[];
}

/** Folder in which programs that have been built once are kept. */
export function toolsCache(): string {
  return dirname(dirname(dirname(builtTools(projectRoot()).stages)));
}

/** A command that runs, in a process group of its own as a shell would have it. */
export class Running {
  public readonly ended: Promise<Ended>;

  public constructor(
    private readonly child: ChildProcess,
    private readonly log: string,
    name: string,
  ) {
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.signal("SIGKILL", "all");
        reject(new Error(`${name} did not end within ${String(COMMAND_TIMEOUT / 1000)} s. It said:\n${this.output}`));
      }, COMMAND_TIMEOUT);
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        clearTimeout(timer);
        // as a shell tells it
        resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), output: this.output });
      });
    });
    // a test that fails before it waits for the end has said what is wrong
    this.ended.catch(() => undefined);
  }

  /** All it said so far. */
  public get output(): string {
    return readFileSync(this.log, "utf8");
  }

  /** Waits until something is true. @throws Error if the command ends before. */
  public async until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const state = { isOver: false };
    const over = (): void => {
      state.isOver = true;
    };
    this.ended.then(over, over);
    while (!(await isTrue())) {
      if (state.isOver) throw new Error(`It ended before. It said:\n${this.output}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Waits until it has said something. */
  public untilSaid(text: string): Promise<void> {
    return this.until(() => this.output.includes(text));
  }

  public signal(signal: NodeJS.Signals, receiver: Receiver): void {
    const pid = this.child.pid ?? 0;
    process.kill(receiver === "all" ? -pid : pid, signal);
  }
}

/**
 * A copy of the project as `git clone` would give it, with its packages. Its commands see an empty home folder, and of
 * all programs on PATH only those that are named.
 */
export class Checkout {
  public readonly root: string;
  public readonly home: string;
  /** Everything of the checkout lies in it, so every process that it starts names it. */
  public readonly folder: string;
  private sources: ReadonlyMap<string, string>;
  private more: Readonly<Record<string, string>> = {};
  private runs = 0;
  private readonly servers = new Set<string>();

  /** @param programs Beside them a `pulumi` that is not built by this project, with what its plugins need. */
  public constructor(programs: readonly string[] = ["ps"]) {
    sweep();
    const foreign = pulumi?.isBuilt === false ? pulumi.path : undefined;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), `${PREFIX}${String(process.pid)}-`)));
    [this.root, this.home] = [this.path("project"), this.path("home")];
    for (const folder of [this.home, this.path("bin"), this.path("tmp"), this.path("logs")]) mkdirSync(folder);
    for (const program of foreign !== undefined ? [...new Set([...programs, "sh", "node", "npm"])] : programs) {
      const found = onPath(program);
      if (found !== undefined) symlinkSync(realpathSync(found), this.path(`bin/${program}`));
    }
    copyProject(projectRoot(), this.root);
    this.sources = readSources(this.root);
    if (foreign !== undefined) this.addPulumi(foreign);
  }

  /** A path inside the checkout's folder, outside the project. */
  public path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a command of tools/commands to its end. */
  public run(command: string, ...args: readonly string[]): Promise<Ended> {
    return this.start(command, args).ended;
  }

  /** Starts a command of tools/commands. */
  public start(command: string, args: readonly string[] = [], { env = {}, program }: Start = {}): Running {
    const log = this.path(`logs/${String(++this.runs)}`);
    const output = openSync(log, "a");
    const [file = "", ...rest] = program ?? [process.execPath, "tools/launch.js", command, ...args];
    const child = spawn(file, rest, {
      cwd: this.root,
      env: { ...this.environment(), ...env },
      stdio: ["ignore", output, output],
      detached: true,
    });
    closeSync(output);
    return new Running(child, log, [command, ...args].join(" "));
  }

  /** Environment of every command: nothing of this process's own. */
  public environment(): Record<string, string> {
    return {
      PATH: this.path("bin"),
      HOME: this.home,
      TMPDIR: this.path("tmp"),
      XDG_CACHE_HOME: toolsCache(),
      ...this.more,
    };
  }

  /** Puts a `pulumi` with its plugins on PATH, behind the programs that were named. */
  public addPulumi(pulumi: string): void {
    this.more = {
      PATH: [this.path("bin"), dirname(pulumi)].join(delimiter),
      PULUMI_HOME: process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  /** Replaces a file of the project. */
  public write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
    this.sources = readSources(this.root);
  }

  /** Writes a kubeconfig for a server on a loopback port, outside the project, and gives its path. */
  public writeKubeconfig(name: string, port: number): string {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server: `https://127.0.0.1:${String(port)}` } }],
      users: [{ name, user: { token: "none" } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    };
    writeFileSync(this.path(name), stringify(config));
    return this.path(name);
  }

  public read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  /** Replaces a text in a file of the project. @throws Error if it is not there. */
  public replace(file: string, before: string, after: string): void {
    const text = this.read(file);
    if (!text.includes(before)) throw new Error(`${file} has no '${before}'`);
    this.write(file, text.replace(before, after));
  }

  /** State of the local control plane; nothing if there is none. */
  public state(): LocalState | undefined {
    const folder = controlPlaneFolder(this.root);
    const file = join(folder, "control-plane.json");
    if (!existsSync(file)) return undefined;
    const text = readFileSync(file, "utf8");
    // it may be about to be written
    if (text === "") return undefined;
    const state = JSON.parse(text) as Omit<LocalState, "kubeconfig">;
    this.servers.add(state.server);
    return { ...state, kubeconfig: join(folder, "kubeconfig") };
  }

  /** The local control plane. @throws Error if there is none. */
  public cluster(): LocalState {
    const state = this.state();
    if (state === undefined) throw new Error("there is no local control plane");
    return state;
  }

  /** Command lines of all processes that this checkout's commands started and that still run. */
  public async processes(): Promise<string[]> {
    // with their environment, which names the home folder whatever the command line says
    const all = execFileSync("ps", ["axeww", "-o", "pid=,stat=,args="], { encoding: "utf8", maxBuffer: 1 << 28 });
    const lines = all.split("\n").map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line));
    const own = lines.filter((match) => match?.[2]?.startsWith("Z") === false && match[3]?.includes(this.folder));
    return [...(await commandLines(own.map((match) => Number(match?.[1])))).values()];
  }

  /** What the checkout's commands left behind, one entry each: processes, ports, a control plane's folder, changed files. */
  public async remains(grace = GRACE): Promise<string[]> {
    this.state();
    let processes = await this.processes();
    for (const deadline = Date.now() + grace; processes.length > 0 && Date.now() < deadline;) {
      await new Promise((done) => setTimeout(done, 100));
      processes = await this.processes();
    }
    const open: string[] = [];
    for (const server of this.servers) {
      const { port } = new URL(server);
      if ((await isOpen(Number(port))) && !(await this.isOfOthers(port))) open.push(`port of ${server}`);
    }
    return [
      ...processes.map((line) => `process ${line}`),
      ...open,
      ...(existsSync(controlPlaneFolder(this.root)) ? ["folder of a control plane"] : []),
      ...this.changedFiles().map((file) => `file ${file}`),
    ];
  }

  /** Whether a port is that of another control plane: one that is free again may be anybody's next. */
  private async isOfOthers(port: string): Promise<boolean> {
    const lines = [...(await allCommandLines()).values()];
    return lines.some((line) => !line.includes(this.folder) && new RegExp(`[:=]${port}\\b`).test(line));
  }

  /** Files that git would tell as changed, added or deleted since the test itself wrote one. */
  public changedFiles(): string[] {
    const now = readSources(this.root);
    const names = [...new Set([...this.sources.keys(), ...now.keys()])];
    return names.filter((name) => now.get(name) !== this.sources.get(name));
  }

  /** Ends whatever still runs, and removes the checkout. */
  public async remove(): Promise<void> {
    if (this.state() !== undefined) await this.run("try-down").catch(() => undefined);
    const left = await this.processes();
    if (left.length > 0) {
      const all = execFileSync("ps", ["axeww", "-o", "pid=,args="], { encoding: "utf8", maxBuffer: 1 << 28 });
      for (const line of all.split("\n").filter((entry) => entry.includes(this.folder))) {
        try {
          process.kill(parseInt(line, 10), "SIGKILL");
        } catch {
          // it has just ended
        }
      }
      await eventually(async () => ((await this.processes()).length === 0 ? true : undefined));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs something for each entry, a few at a time, and gives the results by the same keys. */
export async function forEach<T, R>(
  entries: Readonly<Record<string, T>>,
  run: (value: T) => Promise<R>,
): Promise<Record<string, R>> {
  const waiting = Object.entries(entries);
  const results: [string, R][] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.push([next[0], await run(next[1])]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return Object.fromEntries(results);
}

/**
 * The message of a command that failed.
 * @throws Error if it succeeded, said its message twice or among other errors, or showed a stack.
 */
export function failure({ code, output }: Ended): string {
  const [before = "", ...messages] = output.split(/^error: /m);
  const message = messages.join("error: ").trim();
  const [firstLine = ""] = message.split("\n");
  const wrong = [
    ...(code === 0 ? ["it ended with 0"] : []),
    ...(message === "" ? ["it gave no message"] : []),
    ...(firstLine !== "" && before.includes(firstLine) ? ["it gave its message twice"] : []),
    ...(/^\s+at /m.test(output) ? ["it showed a stack"] : []),
  ];
  if (wrong.length > 0) throw new Error(`${wrong.join(", ")}; it said:\n${output}`);
  return message;
}

/** Checks that a command succeeded and gives what it said. */
export function success({ code, output }: Ended): string {
  if (code !== 0) throw new Error(`it ended with ${String(code)}; it said:\n${output}`);
  return output;
}

/** Stops and removes what tests that were killed have left. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    if (isAlive(parseInt(name.slice(PREFIX.length), 10))) continue;
    const folder = join(tmpdir(), name);
    spawnSync(process.execPath, ["tools/launch.js", "try-down"], { cwd: join(folder, "project"), stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is committed or would be, and the packages, linked one by one: the folder with what is compiled is not shared. */
function copyProject(from: string, to: string): void {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: from, encoding: "utf8" });
  for (const file of files.split("\0").filter((name) => name !== "" && existsSync(join(from, name)))) {
    cpSync(join(from, file), join(to, file));
  }
  // the stack files at the top are anybody's
  for (const stack of STACKS) cpSync(stackFilePath(STACK_FILES, stack), stackFilePath(to, stack));
  const packages = join(from, "node_modules");
  mkdirSync(join(to, "node_modules"));
  for (const name of readdirSync(packages).filter((entry) => ![".cache", "@vapora"].includes(entry))) {
    symlinkSync(join(packages, name), join(to, "node_modules", name));
  }
  // the package of this project itself is the checkout's own
  mkdirSync(join(to, "node_modules", "@vapora"));
  symlinkSync(join(to, "outputs"), join(to, "node_modules", "@vapora", "infrastructure-outputs"));
  // Node's own cache of compiled code is keyed by content: sharing it saves seconds
  const compiled = join(cacheFolder(from), "compile");
  mkdirSync(compiled, { recursive: true });
  mkdirSync(cacheFolder(to), { recursive: true });
  symlinkSync(compiled, join(cacheFolder(to), "compile"));
}

/** Texts of all files that git would look at, by name. */
function readSources(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(root)
    .filter((name) => !IGNORED.test(name))
    .flatMap((name) =>
      statSync(join(root, name)).isDirectory()
        ? readdirSync(join(root, name), { recursive: true }).map((inner) => join(name, String(inner)))
        : [name],
    );
  const files = names.filter((name) => !IGNORED.test(name) && statSync(join(root, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(root, name), "utf8")]));
}
