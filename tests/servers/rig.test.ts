import type { KubernetesObject } from "../../tools/recording/recording";
import { objectNamed, objectsOf } from "../support/recordings";
import { describeWithMemoryLimit, describeWithServers } from "../support/servers/machine";
import { PodNetwork } from "../support/servers/network";

jest.setTimeout(120_000);

/** Redis' image is the one with a shell. */
const SERVER = "redis-server";

let network: PodNetwork;
let objects: readonly KubernetesObject[];
let redis: KubernetesObject;

/** What the blocks below share. */
function withNetwork(): void {
  beforeAll(async () => {
    objects = await objectsOf("dev");
    redis = objectNamed(objects, "StatefulSet", "redis");
    network = await PodNetwork.create();
  });
  afterAll(() => network.close());
}

describeWithServers("a container", [SERVER], () => {
  withNetwork();

  test("writes to its volumes, and finds the rest of its root read-only", async () => {
    const container = await network.start(redis, { objects });
    const inside = await container.exec(["sh", "-c", "echo text >/data/file && cat /data/file"]);
    expect(inside).toEqual({ code: 0, output: "text\n" });
    for (const path of ["/file", "/etc/file", "/usr/local/bin/redis-server", "/sys/fs/cgroup/memory/file"]) {
      const { code, output } = await container.exec(["sh", "-c", `echo text >${path}`]);
      expect(output).toMatch(/Read-only file system|Permission denied|nonexistent/);
      expect(code).not.toBe(0);
    }
    expect((await container.exec(["sh", "-c", "echo text >/file"])).output).toContain("Read-only file system");
  });

  test("has the rights that its template gives: without a security context it has more", async () => {
    const rights = ["sh", "-c", "grep -E '^(Uid|CapEff|NoNewPrivs)' /proc/1/status"];
    const bare = edited(redis, (spec) => {
      spec.securityContext = {};
      spec.containers[0].securityContext = {};
    });
    const strict = await network.start(redis, { objects, name: "strict" });
    expect((await strict.exec(rights)).output).toMatch(/^Uid:\t10001\t.*\nCapEff:\t0{16}\nNoNewPrivs:\t1\n$/);
    const lax = await network.start(bare, { objects, name: "lax" });
    expect((await lax.exec(rights)).output).toMatch(/^Uid:\t0\t.*\nCapEff:\t(?!0{16}).*\nNoNewPrivs:\t0\n$/);
    expect((await lax.exec(["sh", "-c", "echo text >/file && cat /file"])).output).toBe("text\n");
  });

  test("is found by the names of its Services, from another one", async () => {
    const server = network.addressOf("redis-0");
    const client = await network.start(redis, { objects, name: "client" });
    const { metadata } = objectNamed(objects, "Service", "redis-0");
    for (const host of ["redis-0", `redis-0.${metadata.namespace ?? ""}.svc`, "redis-0.redis"]) {
      expect((await client.exec(["redis-cli", "-h", host, "client", "list"])).output).toMatch(
        new RegExp(`addr=${client.address}:\\d+ laddr=${server}:6379`),
      );
    }
    expect((await client.exec(["redis-cli", "-h", "redis-1", "ping"])).code).not.toBe(0);
  });
});

describeWithServers("a pod", [SERVER], () => {
  withNetwork();

  test("is started again where its container ends, with its address and its data", async () => {
    const pod = await network.run(redis, { objects });
    await pod.untilReady();
    await pod.container.exec(["redis-cli", "set", "key", "value"]);
    await pod.container.exec(["redis-cli", "shutdown"]);
    await pod.untilRestarted(1);
    await pod.untilReady();
    expect((await pod.container.exec(["redis-cli", "get", "key"])).output).toBe("value\n");
    expect(pod.exits).toEqual([{ code: 0 }]);
  });

  test("is started again where its liveness probe fails, and ready no more", async () => {
    const pod = await network.run(
      edited(redis, (spec) => {
        const [container] = spec.containers;
        container.readinessProbe = { exec: { command: ["sh", "-c", "[ ! -e /tmp/unready ]"] }, periodSeconds: 1 };
        container.livenessProbe = { exec: { command: ["sh", "-c", "[ ! -e /tmp/dead ]"] }, periodSeconds: 1 };
      }),
      { objects, name: "probed" },
    );
    await pod.untilReady();
    await pod.container.exec(["sh", "-c", "echo >/tmp/unready"]);
    await eventuallyUnready(pod);
    expect(pod.restarts).toBe(0);
    await pod.container.exec(["sh", "-c", "echo >/tmp/dead"]);
    await pod.untilRestarted(1);
    expect(pod.events.map(({ what }) => what)).toContain("liveness failed");
  });

  test("is killed at the end of its grace period where it does not end by itself", async () => {
    const pod = await network.run(
      edited(redis, (spec) => {
        spec.terminationGracePeriodSeconds = 3;
        spec.containers[0].command = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"];
      }),
      { objects, name: "stubborn" },
    );
    const { wasKilled, code, seconds } = await pod.stop();
    expect({ wasKilled, code }).toEqual({ wasKilled: true, code: 137 });
    expect(seconds).toBeGreaterThan(2.9);
  });

  test("of a Job ends with its program's exit code and is not started again once it has succeeded", async () => {
    const job = (policy: string, script: string): KubernetesObject =>
      edited(redis, (spec) => {
        spec.restartPolicy = policy;
        spec.containers[0] = { ...without(spec.containers[0], "startupProbe"), command: ["sh", "-c", script] };
      });
    const never = await network.run(job("Never", "echo done; exit 3"), { objects, name: "never" });
    expect(await never.waitExit()).toEqual({ code: 3 });
    expect(never.log()).toBe("done\n");
    const script = "[ -e /data/tried ] && exit 0; echo >/data/tried; exit 1";
    const again = await network.run(job("OnFailure", script), { objects, name: "again" });
    await again.waitExit();
    expect(again.exits.map(({ code }) => code)).toEqual([1, 0]);
  });
});

describeWithMemoryLimit("a container's memory limit", [SERVER], () => {
  withNetwork();

  test("is enforced: a process beyond it is killed, and only there", async () => {
    const greedy = edited(redis, (spec) => {
      spec.containers[0].command = ["sh", "-c", "text=text; while true; do text=$text$text; done"];
    });
    const [killed, other] = [
      await network.start(greedy, { objects, name: "greedy" }),
      await network.start(redis, { objects, name: "other" }),
    ];
    expect(await killed.waitExit()).toEqual({ code: 137 });
    expect(killed.oomKilled()).toBe(true);
    expect(other.oomKilled()).toBe(false);
    expect(other.isRunning).toBe(true);
  });

  test("is what the container sees", async () => {
    const container = await network.start(redis, { objects, name: "seen" });
    const files = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes";
    const { output } = await container.exec(["sh", "-c", `for file in ${files}; do [ ! -e $file ] || cat $file; done`]);
    expect(Number(output)).toBe(container.spec.memoryLimit);
  });
});

interface Spec {
  securityContext: object;
  restartPolicy: string;
  terminationGracePeriodSeconds: number;
  containers: [Record<string, unknown>];
}

/** A workload with another pod template. */
function edited(workload: KubernetesObject, change: (spec: Spec) => void): KubernetesObject {
  const copy = structuredClone(workload);
  change((copy.spec as { readonly template: { readonly spec: Spec } }).template.spec);
  return copy;
}

function without(object: Readonly<Record<string, unknown>>, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

async function eventuallyUnready(pod: { readonly isReady: boolean }): Promise<void> {
  for (let tries = 0; pod.isReady && tries < 600; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pod.isReady).toBe(false);
}
