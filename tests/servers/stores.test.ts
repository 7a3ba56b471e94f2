import { readFileSync } from "node:fs";
import { STACKS } from "../support/recordings";
import { describeStore } from "../support/servers/stores";

jest.setTimeout(180_000);

describe.each(STACKS)("of stack %s", (stack) => {
  describe.each(["surrealdb", "nats", "redis"] as const)("the server", (name) => {
    describeStore(name, stack, (store) => {
      test("starts, and its rendered startup and readiness probes pass", () => {
        const { pod } = store();
        expect(pod.events.map(({ what }) => what)).toEqual(["started", "startup passed", "ready"]);
      });

      test("is alive by its rendered liveness probe", async () => {
        expect(await store().pod.container.probe("liveness")).toBe(true);
      });

      test("is the rendered user, who has no rights and gains none", () => {
        const { pid, spec } = store().pod.container;
        const status = statusOf(pid);
        expect(spec.uid).toBeGreaterThan(0);
        expect(status.Uid).toEqual(Array(4).fill(String(spec.uid)));
        expect(status.Gid).toEqual(Array(4).fill(String(spec.gid)));
        expect(status).toMatchObject({ CapEff: ["0000000000000000"], CapBnd: ["0000000000000000"], NoNewPrivs: ["1"] });
      });

      test("can write nowhere but to its volumes", () => {
        const { pid, spec } = store().pod.container;
        const written = spec.container.volumeMounts?.filter(({ readOnly }) => readOnly !== true) ?? [];
        expect(writableMounts(pid)).toEqual(written.map(({ mountPath }) => mountPath).sort());
      });

      test("ends by SIGTERM within its grace period, with exit code 0", async () => {
        const { pod } = store();
        const { code, seconds, wasKilled } = await pod.stop();
        expect({ code, wasKilled }).toEqual({ code: 0, wasKilled: false });
        expect(seconds).toBeLessThan(pod.container.spec.graceSeconds);
      });
    });
  });
});

/** /proc/<pid>/status: what follows each name, word by word. */
function statusOf(pid: number): Readonly<Record<string, readonly string[]>> {
  const lines = readFileSync(`/proc/${String(pid)}/status`, "utf8")
    .trim()
    .split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(":")[0] ?? "", line.split(/\s+/).slice(1)]));
}

/** Where a process may write to a file system, but for those of the kernel itself. */
function writableMounts(pid: number): string[] {
  return readFileSync(`/proc/${String(pid)}/mounts`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .filter(
      ([, path = "", type, options = ""]) => type !== "proc" && !path.startsWith("/dev/") && /^rw\b/.test(options),
    )
    .map(([, path = ""]) => path)
    .sort();
}
