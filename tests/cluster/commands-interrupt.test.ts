import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { getObjects } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeOnCluster, describeWith } from "../support/cluster";
import type { Receiver, Running } from "../support/commands";
import { Checkout, failure, success } from "../support/commands";
import { eventually, onPath } from "../support/programs";

jest.setTimeout(CLUSTER_TIMEOUT);

/** Where a run of `npm run try` is, in order. */
const PHASES: Readonly<Record<string, (running: Running, checkout: Checkout) => Promise<void>>> = {
  "while the program is compiled": (running) => running.untilSaid("[STARTED] Read stack"),
  "while the program is recorded": (running, checkout) =>
    running.until(async () => (await checkout.processes()).some((line) => /\/[0-9a-f]{16}\.js/.test(line))),
  "while etcd starts": (running, checkout) => running.until(() => started(checkout).includes("etcd")),
  "while the API server starts": (running, checkout) =>
    running.until(() => started(checkout).includes("kube-apiserver")),
  "while the simulated nodes start": (running, checkout) => running.until(() => started(checkout).includes("kwok")),
  "while objects are deployed": (running) => running.untilSaid("[STARTED] Deploy"),
  "while pods become Ready": (running) => running.untilSaid("[STARTED] Wait"),
};

function started(checkout: Checkout): string[] {
  return Object.keys(checkout.state()?.processes ?? {});
}

/** One way to interrupt it in each phase: a signal, and who gets it. */
const INTERRUPTS: Readonly<Record<keyof typeof PHASES, readonly [signal: NodeJS.Signals, receiver: Receiver]>> = {
  "while the program is compiled": ["SIGINT", "all"],
  "while the program is recorded": ["SIGTERM", "top"],
  "while etcd starts": ["SIGHUP", "all"],
  "while the API server starts": ["SIGINT", "top"],
  "while the simulated nodes start": ["SIGINT", "all"],
  "while objects are deployed": ["SIGTERM", "top"],
  "while pods become Ready": ["SIGINT", "all"],
};

// Each run also shows that the one before it, which was interrupted, left nothing in its way.
describeOnCluster("a try-out that is interrupted leaves nothing and says so", () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  // to all as by Ctrl-C in a terminal or when it is closed, to the top process alone as by kill or a supervisor
  test.each(Object.entries(INTERRUPTS).map(([phase, [signal, receiver]]) => [phase, signal, receiver] as const))(
    "%s, by %s to %s",
    async (phase, signal, receiver) => {
      const running = checkout.start("try");
      await PHASES[phase]?.(running, checkout);
      running.signal(signal, receiver);
      const ended = await running.ended;
      expect([failure(ended), ended.code]).toEqual(["Interrupted.", 130]);
      expect(await checkout.remains()).toEqual([]);
    },
  );

  test("by Ctrl-C again and again", async () => {
    const running = checkout.start("try");
    await PHASES["while the API server starts"]?.(running, checkout);
    const again = setInterval(() => {
      running.signal("SIGINT", "all");
    }, 50);
    void running.ended.finally(() => {
      clearInterval(again);
    });
    running.signal("SIGINT", "all");
    expect(failure(await running.ended)).toBe("Interrupted.");
    expect(await checkout.remains()).toEqual([]);
  });

  test("and the next one succeeds", async () => {
    success(await checkout.run("try"));
  });

  // what exists and is not in pulumi's state would stop every later run
  test.each([
    ["after 10 objects", 10],
    ["after 25 objects", 25],
    ["while pods become Ready", undefined],
  ])("while the control plane of an earlier one goes on, %s: the next one takes it up", async (_name, count) => {
    const stack = `late${String(count ?? "")}`;
    const namespace = `vapora-${stack}`;
    const text = checkout.read("Pulumi.dev.yaml").replace("name: vapora-dev", `name: ${namespace}`);
    checkout.write(`Pulumi.${stack}.yaml`, text);
    const before = checkout.cluster();
    const running = checkout.start("try", ["--stack", stack]);
    if (count === undefined) await running.untilSaid("[STARTED] Wait");
    else await running.until(async () => (await objectsIn(before, namespace)) >= count);
    running.signal("SIGINT", "all");
    const ended = await running.ended;
    expect(failure(ended)).toBe("Interrupted.");
    expect(ended.output).toContain("The control plane that was there before this run goes on");
    expect(checkout.cluster()).toEqual(before);
    success(await checkout.run("try", "--stack", stack));
    expect(await objectsIn(before, namespace)).toBeGreaterThan(25);
  });
});

/** How many objects of a stack there are in a namespace. */
async function objectsIn(cluster: Cluster, namespace: string): Promise<number> {
  const kinds = "deployments,statefulsets,services,configmaps,secrets,persistentvolumeclaims";
  return (await getObjects(cluster, [kinds, "--namespace", namespace])).length;
}

describeOnCluster("a try-out that is killed outright", () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
  });

  afterAll(async () => {
    await checkout.remove();
  });

  // one after the other: each begins with what the one before it has left
  test.each(Object.keys(PHASES))("%s goes no further, with no chance to clean up", async (phase) => {
    const running = checkout.start("try");
    await PHASES[phase]?.(running, checkout);
    running.signal("SIGKILL", "all");
    expect((await running.ended).code).toBe(137);
  });

  test("does not hinder the next one, after which there is nothing to change", async () => {
    const shown = success(await checkout.run("try"));
    const line = /^With pulumi: +(.*)$/m.exec(shown)?.[1] ?? "";
    const strict = line.replace("pulumi preview", "pulumi preview --expect-no-changes");
    const preview = checkout.start("", [], { program: ["/bin/sh", "-c", strict] });
    expect(success(await preview.ended)).toMatch(/\d+ unchanged/);
    success(await checkout.run("try-down"));
    expect(await checkout.remains()).toEqual([]);
  });

  test("is cleaned up after by npm run try:down", async () => {
    const running = checkout.start("try");
    await PHASES["while the API server starts"]?.(running, checkout);
    running.signal("SIGKILL", "all");
    await running.ended;
    expect(started(checkout)).toEqual(["etcd", "kube-apiserver"]);
    success(await checkout.run("try-down"));
    expect(await checkout.remains()).toEqual([]);
  });
});

describe("a rendering that ends before its time leaves no process", () => {
  test.each([
    ["by Ctrl-C in a terminal", "SIGINT", "all"],
    ["by SIGTERM to its top process alone", "SIGTERM", "top"],
    ["when it is killed outright", "SIGKILL", "all"],
  ] as const)("%s", async (_name, signal, receiver) => {
    const checkout = new Checkout();
    try {
      const running = checkout.start("render", ["dev"]);
      await PHASES["while the program is recorded"]?.(running, checkout);
      running.signal(signal, receiver);
      expect((await running.ended).code).not.toBe(0);
      // the program may come to its end first
      await eventually(async () => ((await checkout.processes()).length === 0 ? true : undefined));
      expect(await checkout.remains()).toEqual([]);
    } finally {
      await checkout.remove();
    }
  });
});

const npm = onPath("npm");

describeWith("npm run try", npm === undefined ? "no npm on PATH" : undefined, () => {
  test("ends when npm alone is told to", async () => {
    const checkout = new Checkout(["ps", "node", "npm", "sh"]);
    try {
      const running = checkout.start("try", [], {
        program: [checkout.path("bin/npm"), "run", "--silent", "try"],
        env: { npm_config_update_notifier: "false" },
      });
      await PHASES["while the program is recorded"]?.(running, checkout);
      running.signal("SIGTERM", "top");
      expect((await running.ended).code).not.toBe(0);
      expect(await checkout.remains()).toEqual([]);
    } finally {
      await checkout.remove();
    }
  });
});

/** What go needs, and finds nothing compiled before: it takes minutes, and loads nothing from elsewhere. */
function goEnvironment(checkout: Checkout): Record<string, string> {
  const { stdout } = spawnSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" });
  const folders = { GOCACHE: checkout.path("go-build"), XDG_CACHE_HOME: checkout.path("cache") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  return { ...folders, GOMODCACHE: stdout.trim(), GOPROXY: "off", GOTOOLCHAIN: "local" };
}

/** Why nothing can be compiled here; nothing if it can. */
function missingForBuild(): string | undefined {
  if (onPath("go") === undefined) return "no Go on PATH";
  const { stdout } = spawnSync("go", ["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"], {
    cwd: join(projectRoot(), "tools", "cluster", "go"),
    env: { ...process.env, GOPROXY: "off", GOFLAGS: "-mod=readonly" },
    encoding: "utf8",
  });
  return stdout.trim() === "" ? "the sources of Kubernetes are not in Go's module cache" : undefined;
}

describeWith("the build of the control plane", missingForBuild(), () => {
  let checkout: Checkout;
  let env: Record<string, string>;

  beforeEach(() => {
    checkout = new Checkout(["ps", "go"]);
    env = goEnvironment(checkout);
  });

  afterEach(async () => {
    await checkout.remove();
  });

  /** A try-out whose compilers are at work. */
  async function compiling(): Promise<Running> {
    const running = checkout.start("try", [], { env });
    await running.untilSaid(" packages");
    return running;
  }

  async function expectNothingLeft(): Promise<void> {
    // a compiler, which go does not wait for, ends its package first
    expect(await checkout.remains(20_000)).toEqual([]);
    const [tools = ""] = readdirSync(join(env.XDG_CACHE_HOME ?? "", "vapora"));
    expect(readdirSync(join(env.XDG_CACHE_HOME ?? "", "vapora", tools))).toEqual([]);
    expect(existsSync(join(checkout.root, ".local", "control-plane"))).toBe(false);
  }

  test.each([
    ["Ctrl-C in a terminal", "SIGINT", "all"],
    ["SIGTERM to its top process alone", "SIGTERM", "top"],
  ] as const)("is ended by %s, compilers and all", async (_name, signal, receiver) => {
    const running = await compiling();
    running.signal(signal, receiver);
    expect(failure(await running.ended)).toBe("Interrupted.");
    await expectNothingLeft();
  });

  test("goes on with the next try-out after it was killed outright, and leaves nothing half made", async () => {
    const killed = await compiling();
    killed.signal("SIGKILL", "all");
    expect((await killed.ended).code).toBe(137);
    const next = await compiling();
    next.signal("SIGINT", "all");
    expect(failure(await next.ended)).toBe("Interrupted.");
    await expectNothingLeft();
  });
});
