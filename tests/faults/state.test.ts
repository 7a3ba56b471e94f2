import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER_TIMEOUT, describeWith, describeWithEngine } from "../support/cluster";
import { Wanted } from "../support/faults";
import { FaultyStack, UP } from "../support/faulty-stack";

jest.setTimeout(CLUSTER_TIMEOUT);

/** What is left of the disk: less than a state takes once more. */
const LEFT = 100_000;

describeWithEngine("a state", (cluster, pulumi) => {
  let stack: FaultyStack;

  beforeEach(async () => {
    stack = await FaultyStack.start(cluster, pulumi, "state");
  });

  afterEach(async () => {
    spawnSync("umount", [join(stack.folder, "state")], { stdio: "ignore" });
    await stack.remove();
  });

  test("that two runs want at once is the first one's; the second is refused and harms nothing", async () => {
    let second: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> | undefined;
    stack.proxy.expect(({ number }) => {
      if (number === 20) second = stack.engine.try(UP);
      return number >= 20 ? { kind: "delay", milliseconds: 500 } : undefined;
    });
    await stack.up();
    const refused = await second;
    expect(refused?.code).not.toBe(0);
    // or it reads the state just while the first one writes it, and refuses that
    expect(`${refused?.stdout ?? ""}${refused?.stderr ?? ""}`).toMatch(
      /the stack is currently locked by 1 lock\(s\)|failed to load checkpoint: EOF/,
    );
    expect(stack.locks()).toEqual([]);
    await stack.whenReady();
    expect(await stack.plan()).toEqual([]);
  });

  const mayMount = process.platform === "linux" && process.getuid?.() === 0;
  describeWith("on a full disk", mayMount ? undefined : "a small file system takes root to mount", () => {
    test("is brought in order once there is room again", async () => {
      const [folder, filler] = [join(stack.folder, "state"), join(stack.folder, "state", "filler")];
      mkdirSync(folder, { recursive: true });
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=50m", "tmpfs", folder], { stdio: "ignore" });
      expect(mounted.status).toBe(0);
      await stack.up();
      const wanted = await Wanted.of(cluster, stack);
      const { bavail: blocks, bsize: size } = statfsSync(folder);
      writeFileSync(filler, Buffer.alloc(blocks * size - LEFT));
      stack.change(stack.changed("backend", { image: "vapora/backend:0.3.0" }));
      const { code, stdout, stderr } = await stack.try(UP);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain("no space left on device");
      rmSync(filler);
      const { foreign, blocked } = await stack.recover();
      expect([...foreign, ...blocked, ...stack.locks(), ...(await stack.read()).pending]).toEqual([]);
      await stack.up();
      const wrong = await wanted.missed(false);
      expect(wrong).toEqual([]);
    });
  });
});
