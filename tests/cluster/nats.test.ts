import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../offline/project";
import { builtTools } from "../../local/tools";
import { CLUSTER_TIMEOUT, describeOnCluster } from "../support/cluster";
import { eventually, freePort } from "../support/programs";
import { objectNamed, objectsOf } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

// nats-server is built with the control plane's tools
describeOnCluster("a real nats-server", () => {
  const program = builtTools(projectRoot()).path("nats-server");
  let folder: string;
  let running: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vapora-nats-"));
  });

  afterEach(() => {
    running?.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test.each(["dev", "prod"])("accepts the configuration of stack %s as it stands", async (stack) => {
    const path = join(folder, "nats.conf");
    writeFileSync(path, await natsConf(stack));
    const { status, stderr } = spawnSync(program, ["--config", path, "-t"], { encoding: "utf8" });
    expect(stderr).toContain("is valid");
    expect(status).toBe(0);
  });

  test("runs JetStream on a file store with the limits that were set", async () => {
    const [client, monitor] = [await freePort(), await freePort()];
    const path = join(folder, "nats.conf");
    const conf = (await natsConf("dev"))
      .replace("port: 4222", `port: ${String(client)}`)
      .replace("http_port: 8222", `http_port: ${String(monitor)}`)
      .replace("store_dir: /data", `store_dir: ${folder}`);
    writeFileSync(path, `${conf}\nhost: 127.0.0.1\n`);
    running = spawn(program, ["--config", path], { stdio: "ignore" });
    const url = `http://127.0.0.1:${String(monitor)}`;
    const healthy = await eventually(() =>
      fetch(`${url}/healthz?js-enabled-only=true`).then(
        (answer) => answer.status,
        () => undefined,
      ),
    );
    expect(healthy).toBe(200);
    const jetStream = (await (await fetch(`${url}/jsz`)).json()) as { config: Record<string, unknown> };
    expect(jetStream.config).toMatchObject({
      max_storage: 858993459,
      max_memory: 67108864,
      store_dir: join(folder, "jetstream"),
    });
  });

  async function natsConf(stack: string): Promise<string> {
    const { data } = objectNamed(await objectsOf(stack), "ConfigMap", "nats-config");
    return (data as Record<string, string>)["nats.conf"] ?? "";
  }
});
