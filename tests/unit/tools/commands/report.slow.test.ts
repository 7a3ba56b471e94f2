import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { cacheFolder } from "../../../../tools/recording/compile";
import { Checkout } from "../../../support/commands";
import type { Ended } from "../../../support/commands";
import { onPath } from "../../../support/programs";

jest.setTimeout(900_000);

type Section = Readonly<Record<string, unknown>>;

/** A program that runs another one with no network at all, not even loopback; it needs the right to. */
const UNSHARE = ["unshare", "--net", "--map-root-user"];
const canUnshare = spawnSync(UNSHARE[0] ?? "", [...UNSHARE.slice(1), "true"]).status === 0;

let checkout: Checkout;
let original: Readonly<Record<string, string>>;

function git(...args: readonly string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  return execFileSync("git", ["-C", checkout.root, ...identity, ...args], { encoding: "utf8" }).trim();
}

beforeAll(() => {
  checkout = new Checkout(["ps", "git", "unshare"]);
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  const files = ["Pulumi.dev.yaml", "index.ts", "waivers.yaml"];
  original = Object.fromEntries(files.map((file) => [file, readFileSync(join(checkout.root, file), "utf8")]));
});

afterEach(async () => {
  for (const [file, text] of Object.entries(original)) checkout.write(file, text);
  expect(await checkout.remains()).toEqual([]);
  expect(worktrees()).toEqual([]);
});

afterAll(async () => {
  await checkout.remove();
});

/** Worktrees beside the checkout's own that git knows, or that lie about. */
function worktrees(): string[] {
  const cache = cacheFolder(checkout.root);
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith("worktree-")) : [];
  return [...(git("worktree", "list", "--porcelain").match(/^worktree .*/gm) ?? []).slice(1), ...folders];
}

/** Sets fields of a section of the stack dev. */
function change(key: string, fields: Section): void {
  const file = parse(original["Pulumi.dev.yaml"] ?? "") as { config: Record<string, Section> };
  const config = { ...file.config, [`vapora:${key}`]: { ...file.config[`vapora:${key}`], ...fields } };
  checkout.write("Pulumi.dev.yaml", stringify({ ...file, config }));
}

const report = (...args: readonly string[]): Promise<Ended> =>
  checkout.run("report", "--base", "main", "--stack", "dev", ...args);

test("a change that is fine ends with 0 and one that loses data with 3, unless a waiver allows it", async () => {
  change("mcpGateway", { image: "vapora/mcp-gateway:0.3.0" });
  const fine = await report();
  expect(fine.output).toContain("1. `Deployment mcp-gateway`");
  expect(fine.code).toBe(0);

  change("redis", { storage: { size: "1Gi", storageClass: "fast" } });
  const risky = await report("--format", "json");
  expect(risky.output).toContain('"verdict": "data-at-risk"');
  expect(risky.code).toBe(3);

  const waiver = { stack: "dev", object: "PersistentVolumeClaim redis-data", loss: "replaced", reason: "only a cache" };
  checkout.write("waivers.yaml", stringify([{ ...waiver, expires: "2999-01-01" }]));
  expect((await report()).code).toBe(0);
  checkout.write("waivers.yaml", stringify([waiver]));
  const wrong = await report();
  expect(wrong.output).toContain("waivers.yaml is not right:\nentry 1: expires: must be a day such as 2027-01-31");
  expect(wrong.code).toBe(1);
});

test("comments and another order of keys are no change, in the program as in the stack file", async () => {
  const file = parse(original["Pulumi.dev.yaml"] ?? "") as { config: Section };
  const config = Object.fromEntries(Object.entries(file.config).reverse());
  checkout.write("Pulumi.dev.yaml", `# another comment\n${stringify({ ...file, config })}`);
  checkout.write("index.ts", `// another comment\n${original["index.ts"] ?? ""}`);
  const { code, output } = await report();
  expect(output).toContain("- **`dev`**: no change\n");
  expect(code).toBe(0);
});

test("as HTML it is one page, and exit codes are the same", async () => {
  change("redis", { storage: { size: "1Gi", storageClass: "fast" } });
  const { code, output } = await report("--format", "html");
  expect(output).toMatch(/<!DOCTYPE html>[^]*<svg[^]*redis: data at risk[^]*<\/html>/);
  expect(code).toBe(3);
});

test("what does not go together or is not known is refused with what to do", async () => {
  for (const [args, told] of [
    [["--preview", "preview.json", "--prove"], "--prove goes with --base"],
    [[], "Say what to judge: --base <ref>, or --preview <file>."],
    [["--base", "main", "--preview", "preview.json"], "Say --base <ref> or --preview <file>, and not both"],
    [["--base", "main", "--format", "pdf"], "It must be markdown, json or html."],
  ] as const) {
    const { code, output } = await checkout.run("report", ...args);
    expect(output).toContain(told);
    expect(code).toBe(1);
  }
});

(canUnshare && onPath("unshare") !== undefined ? test : test.skip)("it needs no network", async () => {
  change("learning", { weights: { base: 0, expertise: 0.4, confidence: 0.6 } });
  const program = [...UNSHARE, process.execPath, "tools/launch.js", "report", "--base", "main"];
  const ended = await checkout.start("report", [], { program }).ended;
  expect(ended.output).toContain("1. `Deployment agents`");
  expect(ended.output).toContain("- `coding`, by the success rate: `dee` (0.8250) -> `ada` (0.9667)");
  expect(ended.code).toBe(0);
});

test.each<[string, () => void, string]>([
  [
    "a config that is wrong",
    () => {
      change("backend", { replicas: -1 });
    },
    "vapora:backend.replicas",
  ],
  [
    "a program that throws",
    () => {
      checkout.write("index.ts", `${original["index.ts"] ?? ""}\nthrow new Error("it throws");\n`);
    },
    "Error: it throws",
  ],
  [
    "a type error",
    () => {
      checkout.write("index.ts", `${original["index.ts"] ?? ""}\nconst wrong: number = "text";\nvoid wrong;\n`);
    },
    "Type 'string' is not assignable to type 'number'",
  ],
  [
    "a syntax error",
    () => {
      checkout.write("index.ts", "const = ;");
    },
    "The program does not compile",
  ],
])("%s in the head is told in the report, which fails", async (_name, spoil, told) => {
  spoil();
  const { code, output } = await report();
  expect(output).toContain("## What this change does");
  expect(output).toContain(told);
  expect(code).toBe(1);
});

test("a stack that is wrong does not keep the others from being told", async () => {
  change("backend", { replicas: -1 });
  const { code, output } = await checkout.run("report", "--base", "main", "--stack", "dev", "prod");
  expect(output).toContain("- **`dev`**: cannot be compared: the head failed");
  expect(output).toContain("- **`prod`**: no change\n");
  expect(code).toBe(1);
});

test("a base whose recorder knows one stack at a time gives the same report", async () => {
  git("checkout", "-q", "-b", "apart");
  const [path, name] = ["tools/recording/record.ts", "export async function* recordStacks"];
  const source = readFileSync(join(checkout.root, path), "utf8");
  expect(source).toContain(name);
  checkout.write(path, source.replace(name, "export async function* recordAll"));
  git("commit", "-q", "-a", "-m", "apart");
  git("checkout", "-q", "main");
  change("mcpGateway", { image: "vapora/mcp-gateway:0.3.0" });
  const [apart = "", together = ""] = await Promise.all(
    ["apart", "main"].map(async (ref) => (await checkout.run("report", "--base", ref)).output),
  );
  const told = (output: string): string => output.slice(output.indexOf("- **`dev`**"));
  expect(told(apart)).toBe(told(together));
  expect(told(apart)).toContain("1. `Deployment mcp-gateway`");
});

test("a base that is wrong, or older than the recorder, is told in the report, which fails", async () => {
  git("checkout", "-q", "-b", "old");
  checkout.write("Pulumi.dev.yaml", "config: { vapora:nats: nothing }");
  git("commit", "-q", "-a", "-m", "wrong");
  const wrong = git("rev-parse", "HEAD");
  git("rm", "-q", "-r", "tools/recording");
  git("commit", "-q", "-m", "older");
  const older = git("rev-parse", "HEAD");
  git("checkout", "-q", "main");
  for (const [ref, told] of [
    [wrong, "vapora:nats"],
    [older, "It is older than the recorder"],
  ] as const) {
    const { code, output } = await checkout.run("report", "--base", ref, "--stack", "dev");
    expect(output).toContain("cannot be compared: the base failed");
    expect(output).toContain(told);
    expect(code).toBe(1);
  }
});

test("a stack file that comes is a new stack, and one that goes is data at risk", async () => {
  checkout.write("Pulumi.extra.yaml", original["Pulumi.dev.yaml"] ?? "");
  rmSync(join(checkout.root, "Pulumi.dev.yaml"));
  const { code, output } = await checkout.run("report", "--base", "main", "--stack", "dev", "extra");
  expect(output).toContain("**`extra`**: a new stack");
  expect(output).toContain("Pulumi.dev.yaml is gone");
  expect(code).toBe(3);
  rmSync(join(checkout.root, "Pulumi.extra.yaml"));
});

test("an interrupted report leaves nothing behind", async () => {
  const running = checkout.start("report", ["--base", "main"]);
  await running.until(() => worktrees().length > 1);
  running.signal("SIGINT", "all");
  const { code, output } = await running.ended;
  expect(output).toContain("Interrupted.");
  expect(code).toBe(130);
});
