import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisArguments } from "../../components/redis";
import { describeWith } from "../support/cluster";
import { eventually, freePort, onPath } from "../support/programs";
import { objectNamed, objectsOf, RECORDING_TIMEOUT } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

test("memory stops at three quarters of the limit", () => {
  const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  expect(redisArguments({ resources }).join(" ")).toContain("--maxmemory 805306368 --maxmemory-policy noeviction");
});

// Debian's redis-tools hold the server as redis-check-rdb: the program looks at the name it is called by.
const server = onPath("redis-server") ?? onPath("redis-check-rdb");

describeWith("a real redis-server", server === undefined ? "no redis-server on PATH" : undefined, () => {
  let folder: string;
  let running: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vapora-redis-"));
  });

  afterEach(() => {
    running?.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test.each(["dev", "prod"])("starts with the arguments of stack %s and answers PING", async (stack) => {
    const port = await freePort();
    // the stack's own arguments; what differs here is where the data lies, and the address
    const own = (await redisContainer(stack)).args.map((argument) => (argument === "/data" ? folder : argument));
    const args = [...own, "--port", String(port), "--bind", "127.0.0.1"];
    running = spawn(server ?? "", args, { argv0: "redis-server", stdio: "ignore" });
    const pong = await eventually(() => ask(port, "PING\r\n"));
    expect(pong).toBe("+PONG\r\n");
    expect(await ask(port, "CONFIG GET appendonly\r\n")).toContain("yes");
    expect(await ask(port, "CONFIG GET save\r\n")).toMatch(/\$0\r\n\r\n$/);
  });
});

async function redisContainer(stack: string): Promise<{ readonly args: readonly string[] }> {
  const { spec } = objectNamed(await objectsOf(stack), "StatefulSet", "redis");
  const { template } = spec as { template: { spec: { containers: [{ command: string[]; args: string[] }] } } };
  const [container] = template.spec.containers;
  expect(container.command).toEqual(["redis-server"]);
  return container;
}

function ask(port: number, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(question));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", () => {
      resolve(undefined);
    });
  });
}
