import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeOnCluster, pulumi } from "../support/cluster";
import { isOpen } from "../../tools/cluster/loopback-ports";
import { Checkout, failure, success } from "../support/commands";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Live {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

interface Volume {
  readonly spec: { readonly hostPath: { readonly path: string } };
}

/** What a stack consists of, and what was made of it. */
const KINDS =
  "deployments,statefulsets,replicasets,pods,services,configmaps,secrets,serviceaccounts,persistentvolumeclaims";

/** Names of objects of some kinds in a namespace. */
async function names(cluster: Cluster, kinds: string, namespace: string): Promise<string[]> {
  const objects = await getObjects<Live>(cluster, [kinds, "--namespace", namespace]);
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

/** Versions of everything in a namespace. */
async function versions(cluster: Cluster, namespace: string): Promise<string[]> {
  const objects = await getObjects<Live>(cluster, [KINDS, "--namespace", namespace]);
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).sort();
}

// One after the other, as a person goes on with a try-out.
describeOnCluster("the try-out in a fresh checkout", () => {
  let checkout: Checkout;
  let shown: string;
  /** How long the first run took, in milliseconds. */
  let first: number;

  beforeAll(async () => {
    checkout = new Checkout();
    const from = performance.now();
    shown = success(await checkout.run("try"));
    first = performance.now() - from;
  });

  afterAll(async () => {
    await checkout.remove();
  });

  test("brings up every pod and shows them", () => {
    const pods = shown.split("\n").filter((line) => / \d+\/\d+ /.test(line));
    expect(pods.filter((line) => / 1\/1 +Running /.test(line))).toHaveLength(8);
    // the Job that brought the knowledge graph
    expect(pods.filter((line) => !/ 1\/1 +Running /.test(line))).toEqual([
      expect.stringMatching(/^ +knowledge-graph-\S+ +0\/1 +Completed /),
    ]);
  });

  test("says which pulumi deploys, and what it made up", () => {
    expect(shown).toContain(
      pulumi?.isBuilt === true
        ? "stand-ins take the place of Pulumi's language host and random provider"
        : `Deploying with ${pulumi?.path ?? ""}`,
    );
    expect(shown).toContain("Outputs of stack dev:");
    expect(shown).toContain("(simulated: no container runs)");
  });

  test("shows a line that works for looking around", async () => {
    const line = /^Look around: +KUBECONFIG=(\S+) (\S+) (.*)$/m.exec(shown);
    const [, kubeconfig = "", program = "", args = ""] = line ?? [];
    const child = spawn(program, args.split(" "), { env: { KUBECONFIG: kubeconfig, HOME: checkout.path("looking") } });
    let output = "";
    child.stdout.on("data", (part: Buffer) => (output += part.toString()));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    expect(output).toContain("pod/surrealdb-0");
  });

  test("shows a line with which pulumi can be typed: its preview is of this stack, and plans nothing", async () => {
    const line = /^With pulumi: +(.*)$/m.exec(shown)?.[1] ?? "";
    const strict = line.replace("pulumi preview", "pulumi preview --expect-no-changes");
    const ended = await checkout.start("", [], { program: ["/bin/sh", "-c", strict] }).ended;
    expect(success(ended)).toMatch(/Previewing update \(dev\)[^]*\d+ unchanged/);
  });

  test("changes nothing when it is run again, on the same control plane, and takes less time", async () => {
    const before = await versions(checkout.cluster(), "vapora-dev");
    const cluster = checkout.cluster();
    expect(before.length).toBeGreaterThan(40);
    const from = performance.now();
    success(await checkout.run("try"));
    expect(performance.now() - from).toBeLessThan(first);
    expect(await versions(checkout.cluster(), "vapora-dev")).toEqual(before);
    expect(checkout.cluster()).toEqual(cluster);
  });

  test("refuses a port other than the running control plane's, which goes on", async () => {
    const server = checkout.cluster().server;
    const own = Number(new URL(server).port);
    const ended = await checkout.run("try", "--port", String(own === 65535 ? 1 : own + 1));
    expect(failure(ended)).toContain(`runs at ${server} already`);
    expect(await isOpen(own)).toBe(true);
    success(await checkout.run("try", "--port", String(own)));
  });

  test("deletes what leaves the program, and keeps the rest", async () => {
    const kinds = "statefulsets,services,configmaps,serviceaccounts,persistentvolumeclaims,deployments";
    const before = await names(checkout.cluster(), kinds, "vapora-dev");
    const text = checkout.read("Pulumi.dev.yaml");
    const external = text.replace(
      /vapora:redis:\n(?: {4}.*\n)+/,
      "vapora:redis:\n    external: { host: redis.example.com, ranges: [192.0.2.0/24] }\n",
    );
    expect(external).not.toBe(text);
    checkout.write("Pulumi.dev.yaml", external);
    success(await checkout.run("try"));
    const after = await names(checkout.cluster(), kinds, "vapora-dev");
    expect(before.filter((name) => !after.includes(name))).toEqual(
      before.filter((name) => name.split(" ")[1]?.startsWith("redis")),
    );
    expect(before.filter((name) => name.split(" ")[1]?.startsWith("redis"))).toContain("StatefulSet redis");
    checkout.write("Pulumi.dev.yaml", text);
    success(await checkout.run("try"));
    expect(await names(checkout.cluster(), kinds, "vapora-dev")).toEqual(before);
  });

  test("puts another stack beside the first, which it does not touch", async () => {
    const before = await versions(checkout.cluster(), "vapora-dev");
    const said = success(await checkout.run("try", "--stack", "prod"));
    expect(said).toContain("Outputs of stack prod:");
    expect(await names(checkout.cluster(), "pods", "vapora-system")).toHaveLength(16);
    expect(await versions(checkout.cluster(), "vapora-dev")).toEqual(before);
  });

  test("goes on with its work when its output is not read to the end, as with head", async () => {
    const { server } = checkout.cluster();
    await kubectl(checkout.cluster(), ["delete", "deployment", "vapora-backend", "--namespace", "vapora-dev"]);
    const child = spawn(process.execPath, ["tools/launch.js", "try"], {
      cwd: checkout.root,
      env: checkout.environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (part: Buffer) => (errors += part.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    await new Promise((resolve) => child.on("exit", resolve));
    expect(errors).toBe("");
    expect(checkout.cluster().server).toBe(server);
    expect(await names(checkout.cluster(), "deployments", "vapora-dev")).toContain("Deployment vapora-backend");
  });

  test("leaves nothing after npm run try:down: no process, port, file, volume, or folder in the home folder", async () => {
    const volumes = await getObjects<Volume>(checkout.cluster(), ["persistentvolumes"]);
    const paths = volumes.map(({ spec }) => spec.hostPath.path);
    expect(paths.length).toBeGreaterThanOrEqual(12);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    expect(success(await checkout.run("try-down"))).toContain("is stopped and its data is gone");
    expect(await checkout.remains()).toEqual([]);
    expect(existsSync(join(checkout.root, ".local"))).toBe(false);
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
    expect(readdirSync(checkout.home)).toEqual([]);
    expect(readdirSync(checkout.path("tmp"))).toEqual([]);
  });

  test("has nothing to stop the second time, and says so", async () => {
    expect(success(await checkout.run("try-down"))).toBe("Nothing was running.\n");
    expect(await checkout.remains()).toEqual([]);
  });
});

describeOnCluster("the try-out beside other clusters", () => {
  test("neither an exported KUBECONFIG nor the user's own one is followed: nobody connects there", async () => {
    const checkout = new Checkout();
    let connections = 0;
    const other = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    const { port } = other.address() as AddressInfo;
    const kubeconfig = checkout.writeKubeconfig("work.yaml", port);
    mkdirSync(join(checkout.home, ".kube"));
    cpSync(kubeconfig, join(checkout.home, ".kube", "config"));
    const env = { KUBECONFIG: kubeconfig };
    try {
      success(await checkout.start("try", [], { env }).ended);
      expect(await names(checkout.cluster(), "statefulsets", "vapora-dev")).toHaveLength(3);
      success(await checkout.start("try-down", [], { env }).ended);
      expect(connections).toBe(0);
      // the counter counts
      expect(await isOpen(port)).toBe(true);
      expect(connections).toBe(1);
    } finally {
      other.close();
      await checkout.remove();
    }
  });

  test("two checkouts try at the same time without meeting", async () => {
    const [first, second] = [new Checkout(), new Checkout()];
    try {
      // told apart by their namespaces
      second.replace("Pulumi.dev.yaml", "name: vapora-dev", "name: vapora-other");
      (await Promise.all([first.run("try"), second.run("try")])).forEach(success);
      expect(first.cluster().server).not.toBe(second.cluster().server);
      const namespaces = async (checkout: Checkout): Promise<string[]> =>
        (await names(checkout.cluster(), "namespaces", "default")).filter((name) => name.includes("vapora-"));
      expect(await namespaces(first)).toEqual(["Namespace vapora-dev"]);
      expect(await namespaces(second)).toEqual(["Namespace vapora-other"]);
      const before = await versions(second.cluster(), "vapora-other");
      success(await first.run("try-down"));
      expect(await first.remains()).toEqual([]);
      expect(await versions(second.cluster(), "vapora-other")).toEqual(before);
    } finally {
      await Promise.all([first.remove(), second.remove()]);
    }
  });
});
