import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { Checkout, failure, success } from "../../../../support/commands";
import type { Ended } from "../../../../support/commands";

jest.setTimeout(900_000);

const HISTORY = "examples/learning/history.jsonl";
const NOW = "2026-03-01T12:00:00Z";

let checkout: Checkout;

beforeAll(() => {
  checkout = new Checkout();
  const dev = parse(readFileSync("Pulumi.dev.yaml", "utf8")) as { readonly config: object };
  const learning = { weights: { base: 0, expertise: 0.4, confidence: 0.6 } };
  checkout.write("Pulumi.other.yaml", stringify({ ...dev, config: { ...dev.config, "vapora:learning": learning } }));
  checkout.write(
    "Pulumi.wrong.yaml",
    stringify({ ...dev, config: { ...dev.config, "vapora:learning": { historyLimit: -1 } } }),
  );
});

afterAll(async () => {
  expect(await checkout.remains()).toEqual([]);
  await checkout.remove();
});

const rank = (...args: readonly string[]): Promise<Ended> => checkout.run("learning", "rank", ...args);

test("says which assignments shift from one stack's settings to another's, the same at every run", async () => {
  const args = [HISTORY, "--settings", "dev", "--against", "other", "--now", NOW];
  const [once, again] = [success(await rank(...args)), success(await rank(...args))];
  expect(once).toMatch(/coding +dee +0\.\d{4} +ada +0\.\d{4} +shifts/);
  expect(once).toMatch(/documentation +bob .*eve .*shifts/);
  expect(again).toBe(once);
});

test("shows what an agent has shown, in each task type of which there are executions", async () => {
  const profile = await checkout.run("learning", "profile", HISTORY, "--stack", "dev", "--agent", "bob", "--now", NOW);
  const types = success(profile).match(/(?<=^ +bob +)\S+/gm);
  expect(types).toEqual(["coding", "documentation", "testing"]);
});

test("a malformed line is told and left out; with --strict it ends the command", async () => {
  const text = readFileSync(HISTORY, "utf8").split("\n");
  checkout.write("spoilt.jsonl", [...text.slice(0, 10), "{", ...text.slice(10)].join("\n"));
  const args = ["spoilt.jsonl", "--stack", "dev", "--now", NOW];
  const spoilt = success(await rank(...args));
  expect(spoilt).toBe(
    `spoilt.jsonl:11: this is no JSON\nLines left out: 1\n${success(await rank(HISTORY, ...args.slice(1)))}`,
  );
  expect(failure(await rank(...args, "--strict"))).toBe(
    "Lines that are not right: 1\nspoilt.jsonl:11: this is no JSON",
  );
  const earlier = success(
    await rank(HISTORY, "--stack", "dev", "--now", "2026-02-28T12:00:00Z", "--task-type", "coding"),
  );
  expect(earlier).toMatch(/^Executions that ended after 2026-02-28T12:00:00Z and are not looked at: \d+\n/);
  const json = success(
    await checkout.run(
      "learning",
      "curve",
      HISTORY,
      "--stack",
      "dev",
      "--agent",
      "dee",
      "--task-type",
      "coding",
      "--json",
    ),
  );
  expect(JSON.parse(json)).toMatchObject({
    stack: "dev",
    curves: [{ agent: "dee", task_type: "coding" }],
    left_out: [],
  });
});

test.each([
  [[HISTORY], "Say whose settings hold: --stack <name>. Stacks here: dev, other, prod, wrong."],
  [[HISTORY, "--stack", "nope"], "There is no stack 'nope' (no Pulumi.nope.yaml)."],
  [[HISTORY, "--stack", "wrong"], "vapora:learning.historyLimit"],
  [["nope.jsonl", "--stack", "dev"], "nope.jsonl cannot be read: ENOENT"],
  [
    [HISTORY, "--stack", "dev", "--now", "tomorrow"],
    "--now must be a moment such as 2026-03-01T12:00:00Z, not 'tomorrow'.",
  ],
])("of %j it says: %s", async (args, message) => {
  expect(failure(await rank(...args))).toContain(message);
});
