/** One container: a process in namespaces of its own, with a root that holds what its image and its volumes do. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { kill } from "../../../tools/shared/processes";
import { onPath } from "../programs";
import { SETPRIV } from "./libraries";
import type { MemoryLimit } from "./memory";
import { probeOnce } from "./probes";
import type { ContainerSpec, ProbeKind } from "./template";
import type { Mount } from "./volumes";

/** What a container is made of. */
export interface ContainerParts {
  readonly spec: ContainerSpec;
  readonly argv: readonly string[];
  readonly mounts: readonly Mount[];
  readonly limit: MemoryLimit | undefined;
  /** The container's own. */
  readonly folder: string;
  readonly pod: string;
  readonly address: string;
  /** File of the pod's network namespace. */
  readonly networkNamespace: string;
}

/** How a container has ended. */
export interface Exit {
  /** As Kubernetes gives it: 128 and the signal's number for one that a signal has ended. */
  readonly code: number;
}

/** What a program in a container has said. */
export interface ExecResult {
  readonly code: number;
  readonly output: string;
}

/** What a container ends with that is killed. */
const KILLED = 128 + constants.signals.SIGKILL;
/** Where images' programs are looked for. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SCRIPT = join(__dirname, "container.sh");
/**
 * Its first child is the first process of the namespace that unshare has made. unshare itself would fork as well, and
 * then not tell who was killed from who has failed.
 */
const FORK = 'setpriv=$1; shift; "$setpriv" --pdeathsig KILL "$@" & wait $!';
/** What container.sh ends with if it does not become the container. */
const NOT_MADE = 125;
/** The command line of a process that is not the container yet. */
const BEFORE = /container\.sh|\/\.rig\/setpriv|^$/;

/** A container that has been started. */
export class Container {
  public readonly startedAt = Date.now();
  private exit: Exit | undefined;
  private readonly ended: Promise<Exit>;
  private id = 0;

  private constructor(
    private readonly parts: ContainerParts,
    private readonly outer: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      outer.on("exit", (code) => {
        void (parts.limit?.remove() ?? Promise.resolve()).then(() => {
          this.exit = { code: code ?? KILLED };
          resolve(this.exit);
        });
      });
    });
  }

  /** Starts a container. Settles once its own program runs. @throws Error if its root cannot be made */
  public static async start(parts: ContainerParts): Promise<Container> {
    mkdirSync(join(parts.folder, "root"), { recursive: true });
    const lines = parts.mounts.map(
      ({ source, target, isReadOnly }) => `${isReadOnly ? "ro" : "rw"}\t${source}\t${target}\n`,
    );
    writeFileSync(join(parts.folder, "mounts"), lines.join(""));
    const log = openSync(join(parts.folder, "log"), "a");
    const [setpriv = "", ...before] = ["setpriv", "nsenter", "unshare", "sh"].map((name) => onPath(name) ?? name);
    const [nsenter = "", unshare = "", sh = ""] = before;
    const args = [
      // it goes with jest's worker, and all that is in it goes with it
      ...["--pdeathsig", "KILL", nsenter, `--net=${parts.networkNamespace}`],
      ...[unshare, "--mount", "--pid", "--ipc", "--uts", sh, "-c", FORK, sh, setpriv, sh, SCRIPT],
      ...[join(parts.folder, "root"), join(parts.folder, "mounts"), parts.spec.isRootReadOnly ? "ro" : "rw"],
      ...[parts.limit?.folder ?? "", parts.pod, ...dropRights(parts.spec), ...parts.argv],
    ];
    const outer = spawn(setpriv, args, { stdio: ["ignore", log, log], env: environmentOf(parts), cwd: "/" });
    closeSync(log);
    const container = new Container(parts, outer);
    await container.untilStarted();
    return container;
  }

  public get address(): string {
    return this.parts.address;
  }

  public get spec(): ContainerSpec {
    return this.parts.spec;
  }

  /** The process's id as this process sees it; in the container it is 1. */
  public get pid(): number {
    return this.id;
  }

  public get isRunning(): boolean {
    return this.exit === undefined;
  }

  /** All that the container has written. */
  public log(): string {
    return readFileSync(join(this.parts.folder, "log"), "utf8");
  }

  /** Runs a program in the container, with its rights and its environment. One that takes too long gives 124. */
  public exec(
    command: readonly string[],
    {
      env = {},
      input = "",
      timeout = 60_000,
    }: { env?: Readonly<Record<string, string>>; input?: string; timeout?: number } = {},
  ): Promise<ExecResult> {
    const cgroup = this.parts.limit === undefined ? "" : join(this.parts.limit.folder, "cgroup.procs");
    const nsenter = ["--target", String(this.id), "--mount", "--pid", "--net", "--ipc", "--uts", "--root", "--wd"];
    return new Promise((resolve, reject) => {
      const child = spawn(
        onPath("sh") ?? "",
        [
          ...["-c", '[ -z "$1" ] || echo 0 >"$1"; shift; exec "$@"', "sh", cgroup, onPath("nsenter") ?? "", ...nsenter],
          ...[...dropRights(this.parts.spec), ...command],
        ],
        { env: { ...environmentOf(this.parts), ...env }, timeout, killSignal: "SIGKILL" },
      );
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
      }
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code: code ?? 124, output });
      });
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    });
  }

  /** Asks one of the rendered probes once. @throws Error if the template has none of that kind */
  public async probe(kind: ProbeKind): Promise<boolean> {
    const { startupProbe: startup, readinessProbe: readiness, livenessProbe: liveness } = this.spec.container;
    const probe = { startup, readiness, liveness }[kind];
    if (probe === undefined) throw new Error(`${this.spec.container.name} has no ${kind} probe`);
    return (await probeOnce(this, probe)) === undefined;
  }

  /** Sends a signal to the container's process. One that has just ended has none. */
  public kill(signal: NodeJS.Signals): void {
    if (this.isRunning && this.id !== 0) kill(this.id, signal);
  }

  /** How the container ends. */
  public waitExit(): Promise<Exit> {
    return this.ended;
  }

  /** True if the kernel has killed a process of the container for its memory limit. */
  public oomKilled(): boolean {
    return this.parts.limit?.hasKilled() === true;
  }

  /** Bytes in use by the container, with its page cache. @throws Error if its memory is not limited */
  public memory(): number {
    if (this.parts.limit === undefined) throw new Error(`the memory of ${this.parts.pod} is not limited`);
    return this.parts.limit.usage();
  }

  /** Ends it at once. */
  public async destroy(): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  private async untilStarted(): Promise<void> {
    while (this.isRunning) {
      const id = childOf(this.outer.pid ?? 0);
      if (id !== undefined && !BEFORE.test(commandLine(id))) {
        this.id = id;
        return;
      }
      await setTimeout(5);
    }
    if (this.exit?.code === NOT_MADE) throw new Error(`${this.parts.pod} cannot be made:\n${this.log()}`);
  }
}

/** Becomes the container's user, in its root. */
function dropRights(spec: ContainerSpec): string[] {
  const groups = spec.groups.length === 0 ? ["--clear-groups"] : [`--groups=${spec.groups.join(",")}`];
  return [
    SETPRIV,
    // changing the user clears what unshare has set
    "--pdeathsig=KILL",
    ...[`--reuid=${String(spec.uid)}`, `--regid=${String(spec.gid)}`, ...groups],
    ...(spec.allowsPrivilegeEscalation ? [] : ["--no-new-privs"]),
    ...(spec.dropsCapabilities ? ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"] : []),
    "--",
  ];
}

function environmentOf({ spec, pod }: ContainerParts): Record<string, string> {
  return { PATH, HOME: "/", HOSTNAME: pod, ...spec.env };
}

/** The only child of a process. */
function childOf(parent: number): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  // proc_pid_stat(5): after the name in brackets come state and parent
  const found = pids.find((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(parent);
  });
  return found === undefined ? undefined : Number(found);
}

function commandLine(pid: number): string {
  return read(`/proc/${String(pid)}/cmdline`).replaceAll("\0", " ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // it has ended meanwhile
    return "";
  }
}
