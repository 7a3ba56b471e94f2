import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLines, killOutright, run, sleep, startDaemon } from "../../../../tools/shared/processes";
import type { RunOptions, RunResult } from "../../../../tools/shared/processes";
import { isAlive } from "../../../../tools/shared/alive";
import { Interrupted, UserError } from "../../../../tools/shared/user-error";
import { isOpen } from "../../../../tools/cluster/loopback-ports";
import { eventually } from "../../../support/programs";

let folder: string;
let started: number[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vapora-processes-"));
  started = [];
});

afterEach(() => {
  jest.useRealTimers();
  for (const pid of started) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Runs JavaScript in a process of its own. */
function script(code: string, options: RunOptions = {}): Promise<RunResult> {
  return run(process.execPath, ["-e", code], options);
}

async function hasEnded(pid: number): Promise<boolean> {
  return eventually(async () => ((await commandLines([pid])).size === 0 ? true : undefined));
}

describe("a program that runs to its end", () => {
  test("gives both outputs and its exit code", async () => {
    const code = "console.log('out'); console.error('err'); process.exitCode = 3";
    expect(await script(code)).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
  });

  test("gives a bad exit code if a signal ended it", async () => {
    expect((await script("process.kill(process.pid, 'SIGKILL')")).code).not.toBe(0);
  });

  test("gets its input, and an end of it where there is none", async () => {
    const echo = "process.stdin.pipe(process.stdout)";
    expect((await script(echo, { input: "a\nä" })).stdout).toBe("a\nä");
    expect((await script(echo)).stdout).toBe("");
  });

  test("need not read its input", async () => {
    expect((await script("process.exit(0)", { input: "x".repeat(1 << 20) })).code).toBe(0);
  });

  test("tells its lines as they come", async () => {
    const lines: string[] = [];
    const code = "process.stdout.write('a\\nb'); setTimeout(() => process.stdout.write('c\\nd\\n'), 50)";
    await script(code, { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(["a", "bc", "d"]);
  });

  test("sees variables that are added, and none that is taken away", async () => {
    process.env.VAPORA_TEST_GIVEN = "given";
    try {
      const code = "console.log(process.env.VAPORA_TEST_GIVEN, process.env.VAPORA_TEST_ADDED)";
      const env = { VAPORA_TEST_GIVEN: undefined, VAPORA_TEST_ADDED: "added" };
      expect((await script(code, { env })).stdout).toBe("undefined added\n");
    } finally {
      delete process.env.VAPORA_TEST_GIVEN;
    }
  });

  test("is told by name if it cannot be started", async () => {
    const ended = run(join(folder, "nothing"), []);
    await expect(ended).rejects.toThrow(UserError);
    await expect(ended).rejects.toThrow(`${join(folder, "nothing")} cannot be run`);
  });
});

describe("a program that is interrupted", () => {
  /** Starts JavaScript that says `ready <pid of its child>`, interrupts it then, and gives how it ended and that id. */
  async function interrupt(code: string): Promise<{ ended: Promise<RunResult>; child: number }> {
    const controller = new AbortController();
    let ended: Promise<RunResult> | undefined;
    const line = await new Promise<string>((resolve, reject) => {
      ended = script(code, { signal: controller.signal, cwd: folder, onLine: resolve });
      ended.catch(reject);
    });
    controller.abort();
    const child = Number(line.split(" ")[1]);
    started.push(child);
    return { ended: ended ?? Promise.reject(new Error("it was not started")), child };
  }

  const withChild = (code: string): string => `
    const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(code)}], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.once("data", () => console.log("ready", child.pid));`;

  const WRITES_ON_INTERRUPT = `
    process.on("SIGINT", () => { require("fs").writeFileSync("interrupted", ""); process.exit(0); });
    setInterval(() => {}, 1000); console.log("up");`;

  const DEAF = `process.on("SIGINT", () => {}); setInterval(() => {}, 1000);`;

  test("does not even start after the interrupt", async () => {
    const code = `require("fs").writeFileSync("started", "")`;
    await expect(script(code, { signal: AbortSignal.abort(), cwd: folder })).rejects.toThrow(Interrupted);
    expect(existsSync(join(folder, "started"))).toBe(false);
  });

  test("ends as interrupted, even if its own exit code is good", async () => {
    const { ended } = await interrupt(`process.on("SIGINT", () => process.exit(0)); ${withChild("console.log(1)")}
      setInterval(() => {}, 1000);`);
    await expect(ended).rejects.toThrow(Interrupted);
    await expect(ended).rejects.toThrow("Interrupted.");
  });

  test("is asked alone and ends its own children in its own order, as pulumi does", async () => {
    const { ended, child } = await interrupt(`${withChild(WRITES_ON_INTERRUPT)}
      process.on("SIGINT", () => setTimeout(() => { child.kill("SIGKILL"); process.exit(); }, 300));`);
    await expect(ended).rejects.toThrow(Interrupted);
    expect(await hasEnded(child)).toBe(true);
    expect(existsSync(join(folder, "interrupted"))).toBe(false);
  });

  test("is killed after a minute if it does not listen, its children with it", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance", "Date"] });
    const { ended, child } = await interrupt(`${DEAF} ${withChild(`${DEAF} console.log("up")`)}`);
    jest.advanceTimersByTime(59_000);
    expect((await commandLines([child])).size).toBe(1);
    jest.advanceTimersByTime(1_000);
    await expect(ended).rejects.toThrow(Interrupted);
    jest.useRealTimers();
    expect(await hasEnded(child)).toBe(true);
  });
});

describe("a daemon", () => {
  test("goes on in the background, with its output in a file, and is told by its command line", async () => {
    const log = join(folder, "log");
    const pid = startDaemon(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1000)", folder], log);
    started.push(pid);
    await eventually(() => Promise.resolve(readFileSync(log, "utf8") === "up\n" ? true : undefined));
    expect((await commandLines([pid])).get(pid)).toContain(folder);
    process.kill(pid, "SIGKILL");
    expect(await hasEnded(pid)).toBe(true);
  });

  test("has given its port back once it is killed, however long its memory takes to be freed", async () => {
    const log = join(folder, "log");
    const code = `
      global.memory = Buffer.alloc(1 << 29, 1);
      const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));`;
    const pid = startDaemon(process.execPath, ["-e", code], log);
    started.push(pid);
    const port = await eventually(() => Promise.resolve(Number(readFileSync(log, "utf8")) || undefined));
    expect(await isOpen(port)).toBe(true);
    await killOutright([pid]);
    expect(await isOpen(port)).toBe(false);
  });

  test("that has ended, or was never there, need not be killed", async () => {
    const pid = startDaemon(process.execPath, ["-e", ""], join(folder, "log"));
    expect(await hasEnded(pid)).toBe(true);
    await killOutright([pid, 2 ** 30]);
    expect(await commandLines([pid])).toEqual(new Map());
  });

  test("that cannot be started is told by name", () => {
    const program = join(folder, "nothing");
    expect(() => startDaemon(program, [], join(folder, "log"))).toThrow(`${program} cannot be started`);
  });

  test("that was never there has no command line", async () => {
    expect(await commandLines([])).toEqual(new Map());
    // more than any system gives
    expect(await commandLines([2 ** 30])).toEqual(new Map());
  });
});

describe("waiting", () => {
  test("ends after its time", async () => {
    const from = performance.now();
    await sleep(50);
    expect(performance.now() - from).toBeGreaterThanOrEqual(45);
  });

  test("ends at once when it is interrupted, or was before", async () => {
    const controller = new AbortController();
    const waiting = sleep(600_000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow(Interrupted);
    await expect(sleep(600_000, controller.signal)).rejects.toThrow(Interrupted);
  });
});
