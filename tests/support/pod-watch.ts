/** What happened to the pods of a namespace, event by event, so that no moment in between is missed. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cluster } from "../../tools/cluster/kubectl";
import { eventually } from "./programs";

/** Starts watches as {@link PodWatch.start} does, and ends them after each test. */
export function podWatches(cluster: Cluster): (namespace: string, pods: number, ready: number) => Promise<PodWatch> {
  const started: PodWatch[] = [];
  afterEach(() => {
    for (const watch of started.splice(0)) watch.stop();
  });
  return async (namespace, pods, ready) => {
    const watch = await PodWatch.start(cluster, namespace, pods, ready);
    started.push(watch);
    return watch;
  };
}

interface State {
  readonly app: string;
  /** Ready, and not about to end. */
  readonly isReady: boolean;
}

const COLUMNS = [
  "{.type}",
  "{.object.metadata.name}",
  "{.object.metadata.labels.app}",
  '{.object.status.conditions[?(@.type=="Ready")].status}',
  "{.object.metadata.deletionTimestamp}",
];

/** A watch on the pods of a namespace. Pods are counted by their label `app`. */
export class PodWatch {
  private readonly pods = new Map<string, State>();
  private readonly fewest = new Map<string, number>();
  private readonly most = new Map<string, number>();
  private isCounting = false;

  private constructor(private readonly watching: ChildProcess) {}

  /** Watches from now on; counts once there are `pods`, and `ready` of them are ready. */
  public static async start(cluster: Cluster, namespace: string, pods: number, ready: number): Promise<PodWatch> {
    const jsonPath = `${COLUMNS.join("|")}{"\\n"}`;
    const watching = spawn(
      cluster.kubectl,
      [
        ...["--kubeconfig", cluster.kubeconfig, "--namespace", namespace, "get", "pods"],
        ...["--watch", "--output-watch-events", "-o", `jsonpath=${jsonPath}`],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const watch = new PodWatch(watching);
    createInterface({ input: watching.stdout }).on("line", (line) => {
      watch.see(line);
    });
    await watch.until(() => watch.pods.size >= pods && watch.ready() >= ready);
    watch.isCounting = true;
    watch.count();
    return watch;
  }

  /** How many pods are ready now. */
  public ready(app?: string): number {
    return [...this.pods.values()].filter((pod) => pod.isReady && (app === undefined || pod.app === app)).length;
  }

  /** Waits until something holds, at most a minute. */
  public async until(holds: () => boolean): Promise<void> {
    await eventually(() => Promise.resolve(holds() ? true : undefined), 240_000);
  }

  /** The fewest ready pods that the app ever had; one that ends is not ready any more. */
  public fewestReady(app: string): number {
    return this.fewest.get(app) ?? 0;
  }

  /** The most pods that the app ever had, those that start or end among them. */
  public mostPods(app: string): number {
    return this.most.get(app) ?? 0;
  }

  /** Ends the watch. @throws Error if it had ended before, so that events may be missing. */
  public stop(): void {
    if (this.watching.exitCode !== null) throw new Error("the watch on the pods ended early");
    this.watching.kill("SIGKILL");
  }

  private see(line: string): void {
    const [type, name = "", app = "", ready, deletion] = line.split("|");
    if (type === "DELETED") this.pods.delete(name);
    else this.pods.set(name, { app, isReady: ready === "True" && deletion === "" });
    if (this.isCounting) this.count();
  }

  private count(): void {
    const states = [...this.pods.values()];
    for (const app of new Set([...states.map((state) => state.app), ...this.fewest.keys()])) {
      const ready = this.ready(app);
      this.fewest.set(app, Math.min(ready, this.fewest.get(app) ?? ready));
      this.most.set(app, Math.max(states.filter((state) => state.app === app).length, this.most.get(app) ?? 0));
    }
  }
}
