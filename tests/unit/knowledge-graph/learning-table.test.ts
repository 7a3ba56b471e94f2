import { parse } from "smol-toml";
import { agentsConfig } from "../../../knowledge-graph/learning-table";
import { settingsSchema } from "../../../config";
import { objectNamed, objectsOf, RECORDING_TIMEOUT } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

/** The settings of a stack that says this much. */
function learning(said: Readonly<Record<string, unknown>> = {}) {
  return settingsSchema.shape.learning.parse(said);
}

test("agents.toml holds the seed's numbers where a stack says nothing", () => {
  expect(parse(agentsConfig(learning()))).toEqual({
    learning: {
      recency: { half_life_days: 7, window_days: 7, weight: 3 },
      full_confidence: 20,
      weights: { base: 0.3, expertise: 0.5, confidence: 0.2 },
      history_limit: 100,
      fallback: "load",
      task_types: learning().taskTypes,
    },
  });
});

test("the same settings written in another order give the same file", () => {
  const one = learning({ historyLimit: 50, taskTypes: { b: ["x"], a: ["y"] } });
  const other = learning({ taskTypes: { a: ["y"], b: ["x"] }, historyLimit: 50 });
  expect(agentsConfig(other)).toBe(agentsConfig(one));
});

test("a stack's settings lie in the agents' /etc/vapora, and a change of them rolls the agents", async () => {
  const weights = { base: 0.2, expertise: "0.6", confidence: 0.2 };
  const [before, after] = [await objectsOf("dev"), await objectsOf("dev", { "vapora:learning": { weights } })];
  const file = (objects: typeof after): string =>
    (objectNamed(objects, "ConfigMap", "vapora-agents-config").data as Record<string, string>)["agents.toml"] ?? "";
  expect(parse(file(after))).toEqual({
    learning: expect.objectContaining({ weights: { base: 0.2, expertise: 0.6, confidence: 0.2 } }) as unknown,
  });
  expect(file(before)).not.toBe(file(after));
  const pods = (objects: typeof after): unknown => objectNamed(objects, "Deployment", "vapora-agents").spec;
  expect(JSON.stringify(pods(after))).toContain('"mountPath":"/etc/vapora"');
  expect(pods(before)).not.toEqual(pods(after));
});
