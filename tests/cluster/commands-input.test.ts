import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { projectRoot } from "../../tools/recording/project";
import { MOVED } from "../../tools/shared/cli";
import { describeOnCluster } from "../support/cluster";
import { Checkout, failure, forEach, success } from "../support/commands";
import { MISSPELLING, misspelt } from "../support/misspelling";
import { freePort } from "../support/programs";

jest.setTimeout(600_000);

const { scripts } = JSON.parse(readFileSync(join(projectRoot(), "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
/** Every script by name, with the command and arguments that it hands to the launcher; not those that lead to another. */
const SCRIPTS = Object.fromEntries(
  Object.entries(scripts)
    .filter(([name]) => !(name in MOVED))
    .map(([name, line]) => [name, line.replace(/^.*tools\/launch\.js /, "").split(" ")]),
);

let checkout: Checkout;

beforeAll(() => {
  checkout = new Checkout();
});

afterEach(async () => {
  expect(await checkout.remains()).toEqual([]);
});

afterAll(async () => {
  await checkout.remove();
});

function run([command = "", ...args]: readonly string[]): ReturnType<Checkout["run"]> {
  return checkout.run(command, ...args);
}

/** The one message of each command line. */
function messages(commands: Readonly<Record<string, readonly string[]>>): Promise<Record<string, string>> {
  return forEach(commands, async (command) => failure(await run(command)));
}

describe("the command line", () => {
  test("every command tells with --help what it is for and what it takes", async () => {
    const help = await forEach(SCRIPTS, async (script) => success(await run([...script, "--help"])));
    const without = Object.entries(help).filter(([, text]) => !/^Usage: npm run \S+ -- .*\n\n[A-Z]/.test(text));
    expect(without).toEqual([]);
    const named = ["try", "try:down", "render"].map((name) => help[name]?.match(/--?\w+ <\w+>|(?<=\] )<\w+>/g));
    expect(named).toEqual([
      ["--stack <name>", "--port <number>", "--kubeconfig <file>", "--context <name>"],
      ["--stack <name>", "--kubeconfig <file>", "--context <name>"],
      ["<stack>", "--out <folder>"],
    ]);
  });

  test("every command refuses an option it does not have", async () => {
    // what follows `npm test --` is handed on to jest
    const strict = Object.entries(SCRIPTS).filter(([, [command]]) => command !== "test");
    const refusals = await messages(
      Object.fromEntries(strict.map(([name, script]) => [name, [...script, "--no-such-option"]])),
    );
    const other = Object.entries(refusals).filter(([, text]) => !text.startsWith("unknown option '--no-such-option'"));
    expect(other).toEqual([]);
  });

  test("what is wrong is told in one message", async () => {
    const told = await messages({
      "a command that does not exist": ["tyr"],
      "no stack to render": ["render"],
      "one argument too many": ["try", "prod", "dev"],
      "two stacks to try": ["try", "prod", "--stack", "dev"],
      "an option without its value": ["try", "--stack"],
      "a port that is no number": ["try", "--port", "http"],
      "a port that is too high": ["try", "--port", "65536"],
    });
    expect(told).toEqual({
      "a command that does not exist": "there is no command 'tyr'; npm run help lists them",
      "no stack to render": expect.stringMatching(/^missing required argument 'stack'/) as string,
      "one argument too many": expect.stringMatching(/^too many arguments/) as string,
      "two stacks to try": "One stack at a time: this names prod and dev.",
      "an option without its value": expect.stringMatching(/^option '-s, --stack <name>' argument missing/) as string,
      "a port that is no number": expect.stringContaining("It must be 1 to 65535") as string,
      "a port that is too high": expect.stringContaining("It must be 1 to 65535") as string,
    });
  });
});

describe("the stack", () => {
  const file = "Pulumi.broken.yaml";
  const commands = { try: ["try", "broken"], render: ["render", "broken"] };

  test("a stack that does not exist is told with those there are", async () => {
    const told = await messages({
      try: ["try", "--stack", "prd"],
      render: ["render", "prd"],
      validate: ["validate", "prd"],
    });
    const message = "There is no stack 'prd' (no Pulumi.prd.yaml). Stacks here: dev, prod.";
    expect(told).toEqual({ try: message, render: message, validate: message });
  });

  test("a file that is no YAML is told with the place in it", async () => {
    checkout.write(file, "config:\n  vapora:nats: [\n");
    for (const message of Object.values(await messages(commands))) {
      expect(message).toMatch(/^Pulumi\.broken\.yaml cannot be read: .* at line 3, column 1/);
    }
  });

  test("all that is wrong in a stack's config is told in one message", async () => {
    const text = checkout
      .read("Pulumi.dev.yaml")
      .replace("storage: { size: 5Gi }", "storage: { size: 5Gigs }")
      .replace("vapora/backend:0.2.0", "vapora/backend")
      .replace("claude: { required: false }", "claude: { required: maybe }");
    checkout.write(file, text);
    for (const message of Object.values(await messages(commands))) {
      const [title, ...problems] = message.split("\n  - ");
      expect(title).toBe("3 problems in the stack's config:");
      expect(problems.map((line) => /^[^:]+:[^:]+/.exec(line)?.[0]).sort()).toEqual([
        "vapora:backend.image",
        "vapora:providers.claude.required",
        "vapora:surrealdb.storage.size",
      ]);
    }
  });

  test("a misspelt key is told by path, with the one that was meant, and nothing is made", async () => {
    const dev = parse(checkout.read("Pulumi.dev.yaml")) as { config: Record<string, Record<string, unknown>> };
    const config = { ...dev.config, ...misspelt(dev.config["vapora:agents"] ?? {}) };
    checkout.write(file, stringify({ config }));
    const told = await messages({ ...commands, validate: ["validate", "broken"] });
    expect(told).toEqual({
      try: MISSPELLING,
      render: MISSPELLING,
      validate: `Pulumi.broken.yaml: ${MISSPELLING}`,
    });
    expect(existsSync(join(checkout.root, "out"))).toBe(false);
    expect(checkout.state()).toBeUndefined();
  });
});

describe("the folder to render into", () => {
  test("a file in its place is told", async () => {
    const told = await messages({
      itself: ["render", "dev", "--out", "package.json"],
      above: ["render", "dev", "--out", "package.json/below"],
    });
    for (const message of Object.values(told)) expect(message).toContain("package.json");
  });

  test("what lies in it beside manifests stays", async () => {
    const own = new Checkout();
    try {
      success(await own.run("render", "dev", "--out", "."));
      const foreign = own.changedFiles().filter((file) => !own.read(file).startsWith("# Rendered from the program"));
      expect(foreign).toEqual([]);
    } finally {
      await own.remove();
    }
  });
});

describe("the cluster", () => {
  test("without Go and without tools that were built before, it is told what to install or to use instead", async () => {
    const env = { XDG_CACHE_HOME: checkout.path("no-tools") };
    const message = failure(await checkout.start("try", [], { env }).ended);
    expect(message).toMatch(/Install Go \d+\.\d+ or later .*--kubeconfig/);
  });

  test("a kubeconfig that does not exist is named, the user's own one too", async () => {
    const file = checkout.path("nowhere.yaml");
    const told = await messages({
      try: ["try", "--kubeconfig", file],
      down: ["try-down", "--kubeconfig", file],
      context: ["try", "--context", "work"],
    });
    expect(told).toEqual({
      try: `There is no kubeconfig ${file}.`,
      down: `There is no kubeconfig ${file}.`,
      context: `There is no kubeconfig ${join(checkout.home, ".kube", "config")}.`,
    });
  });
});

// all of these find the tools built
describeOnCluster("a cluster out of reach", () => {
  let busy: Server;

  beforeAll(async () => {
    busy = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => busy.once("listening", listening));
  });

  afterAll(() => {
    busy.close();
  });

  test("a busy port is told, and nothing is said to have been stopped, since nothing was started", async () => {
    const port = String((busy.address() as AddressInfo).port);
    const ended = await checkout.run("try", "--port", port);
    expect(failure(ended)).toMatch(new RegExp(`^Port ${port} is in use\\.`));
    expect(ended.output).not.toContain("stopped");
  });

  test("a cluster that does not answer, and a file that is no kubeconfig, are told in kubectl's words", async () => {
    const port = await freePort();
    const file = checkout.writeKubeconfig("closed.yaml", port);
    const told = await messages({
      closed: ["try", "--kubeconfig", file],
      wrong: ["try", "--kubeconfig", join(checkout.root, "index.ts")],
    });
    expect(told.closed).toContain(`The cluster of ${file} does not answer.`);
    expect(told.closed).toContain(`127.0.0.1:${String(port)}`);
    expect(told.wrong).toContain("error loading config file");
  });

  test("a named cluster asks for kubectl where there is none, and not for a cluster", async () => {
    const file = checkout.writeKubeconfig("closed.yaml", await freePort());
    const env = { XDG_CACHE_HOME: checkout.path("no-tools") };
    const message = failure(await checkout.start("try", ["--kubeconfig", file], { env }).ended);
    expect(message).toContain("kubectl");
    expect(message).not.toContain("--kubeconfig <file>");
  });
});
