/** Runs one pod as a kubelet does: probes, restarts, and the end in order. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, Exit } from "./container";
import type { PodSandbox } from "./network";
import { httpGet, probeOnce } from "./probes";
import type { Probe, ProbeKind } from "./template";

/** How a pod is run. */
export interface KubeletOptions {
  /** Seconds before the second restart; each further one waits twice as long, to 300 at most. @default 10 */
  readonly backOffSeconds?: number;
}

/** Something that happened to the pod. */
export interface PodEvent {
  /** Milliseconds since the pod was started. */
  readonly at: number;
  readonly what: "started" | "startup passed" | "ready" | "unready" | "liveness failed" | "stopping" | "exited";
  readonly detail: string;
}

/** How a pod was stopped. */
export interface Stop extends Exit {
  /** From the beginning of the preStop hook. */
  readonly seconds: number;
  /** True if the grace period was over before the server had ended. */
  readonly wasKilled: boolean;
}

/** Seconds that a container has at least after SIGTERM, whatever the preStop hook took. */
const LEAST_GRACE = 2;
const DEFAULTS = { initialDelaySeconds: 0, periodSeconds: 10, failureThreshold: 3, successThreshold: 1 };

/** A pod that is being run. */
export class Kubelet {
  public readonly events: PodEvent[] = [];
  /** How often the container has been started again. */
  public restarts = 0;
  public readonly exits: Exit[] = [];
  private readonly begin = Date.now();
  private readonly containers: Container[] = [];
  /** Aborted when the pod is to end. */
  private readonly ending = new AbortController();
  private readiness = false;
  private life: Promise<void> = Promise.resolve();

  private constructor(
    private readonly sandbox: PodSandbox,
    private readonly options: KubeletOptions,
  ) {}

  /** Settles once the first container has been started. */
  public static async start(sandbox: PodSandbox, options: KubeletOptions): Promise<Kubelet> {
    const kubelet = new Kubelet(sandbox, options);
    const first = await sandbox.startContainer();
    kubelet.life = kubelet.live(first);
    return kubelet;
  }

  public get address(): string {
    return this.sandbox.address;
  }

  /** The container that runs, or ran last. */
  public get container(): Container {
    const last = this.containers.at(-1);
    if (last === undefined) throw new Error(`${this.sandbox.name} has no container yet`);
    return last;
  }

  public get isReady(): boolean {
    return this.readiness;
  }

  /** What all containers of the pod have written. */
  public log(): string {
    return this.containers.map((container) => container.log()).join("");
  }

  /** Milliseconds from the pod's start to the first event of a kind. */
  public when(what: PodEvent["what"]): number | undefined {
    return this.events.find((event) => event.what === what)?.at;
  }

  /** Waits until the pod is ready. @throws Error with events and log if it is not in time, in milliseconds */
  public async untilReady(timeout = 60_000): Promise<void> {
    await this.until(() => this.readiness, timeout, "ready");
  }

  /** Waits until the container has been started again so often. */
  public async untilRestarted(times: number, timeout = 120_000): Promise<void> {
    await this.until(() => this.restarts >= times, timeout, `restarted ${String(times)} times`);
  }

  /** Waits until the pod has ended by itself, as that of a Job does. */
  public async waitExit(): Promise<Exit> {
    await this.life;
    const exit = this.exits.at(-1);
    if (exit === undefined) throw new Error(`${this.sandbox.name} has not ended`);
    return exit;
  }

  /** Stops the pod in order: preStop hook, SIGTERM, and SIGKILL at the end of its grace period. */
  public async stop(): Promise<Stop> {
    this.ending.abort();
    const { container } = this;
    const stopped = await this.end(container);
    await this.life;
    return stopped;
  }

  /** Asks nothing more and restarts nothing more; the network ends the container. */
  public abandon(): void {
    this.ending.abort();
  }

  private async live(first: Container): Promise<void> {
    for (let container = first; ; container = await this.sandbox.startContainer()) {
      this.containers.push(container);
      if (this.ending.signal.aborted) await container.destroy();
      this.note("started", `container ${String(this.containers.length)}`);
      const exit = await this.watch(container);
      this.readiness = false;
      this.exits.push(exit);
      this.note("exited", `code ${String(exit.code)}`);
      if (this.ending.signal.aborted || !this.isRestarted(exit)) return;
      if (!(await this.pause(this.backOff(), this.ending.signal))) return;
      this.restarts++;
    }
  }

  private isRestarted({ code }: Exit): boolean {
    const { restartPolicy } = this.sandbox.spec;
    return restartPolicy === "Always" || (restartPolicy === "OnFailure" && code !== 0);
  }

  /** Seconds; the first restart waits for nothing. */
  private backOff(): number {
    if (this.restarts === 0) return 0;
    return Math.min(300, (this.options.backOffSeconds ?? 10) * 2 ** (this.restarts - 1));
  }

  /** Asks the probes of a container until it ends. */
  private async watch(container: Container): Promise<Exit> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.ending.signal]);
    const { startupProbe, readinessProbe, livenessProbe } = container.spec.container;
    const probes = (async (): Promise<void> => {
      if (startupProbe !== undefined) {
        const passed = await this.firstSuccess(container, "startup", startupProbe, signal);
        if (!passed) return;
        this.note("startup passed", "");
      }
      await Promise.all([
        this.askReadiness(container, readinessProbe, signal),
        livenessProbe === undefined ? undefined : this.firstFailure(container, livenessProbe, signal),
      ]);
    })();
    const exit = await container.waitExit();
    over.abort();
    await probes;
    return exit;
  }

  /** False if the container ends before. One that never succeeds is restarted. */
  private async firstSuccess(
    container: Container,
    kind: ProbeKind,
    probe: Probe,
    signal: AbortSignal,
  ): Promise<boolean> {
    let failures = 0;
    for await (const failure of this.ask(container, probe, signal)) {
      if (failure === undefined) return true;
      if (++failures >= (probe.failureThreshold ?? DEFAULTS.failureThreshold)) {
        this.note("liveness failed", `${kind}: ${failure}`);
        void this.end(container);
        return false;
      }
    }
    return false;
  }

  private async firstFailure(container: Container, probe: Probe, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for await (const failure of this.ask(container, probe, signal)) {
      failures = failure === undefined ? 0 : failures + 1;
      if (failures >= (probe.failureThreshold ?? DEFAULTS.failureThreshold)) {
        this.note("liveness failed", failure ?? "");
        await this.end(container);
        return;
      }
    }
  }

  /** Without a probe a container is ready as soon as it has started. */
  private async askReadiness(container: Container, probe: Probe | undefined, signal: AbortSignal): Promise<void> {
    if (probe === undefined) {
      this.turn(true, "");
      return;
    }
    const { failureThreshold, successThreshold } = { ...DEFAULTS, ...probe };
    let [failures, successes] = [0, 0];
    for await (const failure of this.ask(container, probe, signal)) {
      [failures, successes] = failure === undefined ? [0, successes + 1] : [failures + 1, 0];
      if (successes >= successThreshold) this.turn(true, "");
      if (failures >= failureThreshold) this.turn(false, failure ?? "");
    }
  }

  /** Answers of a probe, one each period, until the signal. */
  private async *ask(
    container: Container,
    probe: Probe,
    signal: AbortSignal,
  ): AsyncGenerator<string | undefined, void> {
    const { initialDelaySeconds, periodSeconds } = { ...DEFAULTS, ...probe };
    if (!(await this.pause(initialDelaySeconds, signal))) return;
    for (;;) {
      const next = Date.now() + periodSeconds * 1000;
      const answer = await probeOnce(container, probe);
      if (signal.aborted) return;
      yield answer;
      if (!(await this.pause(Math.max(0, next - Date.now()) / 1000, signal))) return;
    }
  }

  private turn(isReady: boolean, detail: string): void {
    if (this.readiness !== isReady) this.note(isReady ? "ready" : "unready", detail);
    this.readiness = isReady;
  }

  private async end(container: Container): Promise<Stop> {
    const begin = Date.now();
    this.readiness = false;
    this.note("stopping", "");
    const grace = container.spec.graceSeconds * 1000;
    await Promise.race([this.preStop(container), container.waitExit(), sleep(grace, undefined, { ref: false })]);
    container.kill("SIGTERM");
    const rest = Math.max(LEAST_GRACE * 1000, begin + grace - Date.now());
    const isOver = Symbol();
    const timer = new AbortController();
    const first = await Promise.race([
      container.waitExit(),
      sleep(rest, isOver, { signal: timer.signal }).catch(() => isOver),
    ]);
    timer.abort();
    const wasKilled = first === isOver;
    if (wasKilled) container.kill("SIGKILL");
    const exit = await container.waitExit();
    return { ...exit, seconds: (Date.now() - begin) / 1000, wasKilled };
  }

  private async preStop(container: Container): Promise<void> {
    const { preStop } = container.spec.container.lifecycle ?? {};
    if (preStop?.exec !== undefined) {
      const { code, output } = await container.exec(preStop.exec.command, {
        timeout: container.spec.graceSeconds * 1000,
      });
      if (code !== 0) this.note("stopping", `preStop: exit code ${String(code)}: ${output.trim()}`);
    } else if (preStop?.httpGet !== undefined) {
      await httpGet(container, preStop.httpGet, container.spec.graceSeconds * 1000);
    } else if (preStop?.sleep !== undefined) {
      await sleep(preStop.sleep.seconds * 1000);
    }
  }

  /** False if the signal came first. */
  private async pause(seconds: number, signal: AbortSignal): Promise<boolean> {
    return sleep(seconds * 1000, true, { signal }).catch(() => false);
  }

  private note(what: PodEvent["what"], detail: string): void {
    this.events.push({ at: Date.now() - this.begin, what, detail });
  }

  private async until(holds: () => boolean, timeout: number, state: string): Promise<void> {
    const deadline = Date.now() + timeout;
    while (!holds()) {
      if (Date.now() < deadline) {
        await sleep(20);
        continue;
      }
      const events = this.events.map(({ at, what, detail }) => `${String(at)} ms: ${what} ${detail}`);
      throw new Error(`${this.sandbox.name} is not ${state}:\n${events.join("\n")}\n${this.log().slice(-4000)}`);
    }
  }
}
