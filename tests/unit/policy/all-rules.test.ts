import { objectsOf } from "../../../policy/typed-objects";
import { violations } from "../../../policy/policy-rule";
import type { Rule } from "../../../policy/policy-rule";
import { RULES } from "../../../policy/all-rules";
import { policySettings } from "../../../policy/pack-settings";
import { recording, RECORDING_TIMEOUT, STACKS } from "../../support/recordings";
import { FIXTURES, HIDDEN, object, resource, whole, workload } from "./fixtures";

jest.setTimeout(RECORDING_TIMEOUT);

const SETTINGS = policySettings();

test("every rule has its fixtures, and a name that is a fact in kebab-case", () => {
  const names = RULES.map(({ name }) => name);
  expect(Object.keys(FIXTURES).sort()).toEqual([...names].sort());
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)+$/.test(name))).toEqual([]);
});

describe.each(RULES.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  const { pass = [], fail = [], names = "" } = FIXTURES[name] ?? {};

  test("says nothing of what keeps to it", () => {
    expect(violations([rule], pass, SETTINGS)).toEqual([]);
  });

  test("refuses what breaks it, naming itself, the object, the reason and the way out", () => {
    const found = violations([rule], fail, SETTINGS);
    expect(found).not.toEqual([]);
    for (const { message } of found) {
      expect(message.startsWith(`${name}: ${names} `)).toBe(true);
      expect(message).toContain(rule.why);
      expect(message).toMatch(/\. [A-Z][^.]+.*\.$/);
    }
  });
});

test("no message shows a value", () => {
  const shown = Object.values(FIXTURES).flatMap(({ fail }) => violations(RULES, fail, SETTINGS));
  expect(shown.map(({ message }) => message).filter((message) => message.includes(HIDDEN))).toEqual([]);
});

describe("a rule never fails open:", () => {
  const names = (resources: Parameters<typeof violations>[1], rules: readonly Rule[] = RULES): string[] => [
    ...new Set(violations(rules, resources, SETTINGS).map(({ rule }) => rule)),
  ];
  const judgingPods = ["no-literal-secrets", "restricted-security", "pinned-images", "registry-allow-list"];

  test("one that throws is a violation that says so", () => {
    const broken: Rule = {
      ...(RULES[0] as Extract<Rule, { scope: "object" }>),
      check: () => {
        throw new Error("it broke");
      },
    };
    const [found] = violations([broken], whole.slice(0, 1), SETTINGS);
    expect(found?.message).toMatch(/^no-literal-secrets: urn:.* cannot be judged: it broke$/);
  });

  test.each([
    ["no pod", object("apps/v1", "Deployment", "web", { spec: {} })],
    ["no containers", object("v1", "Pod", "web", { spec: { containers: [] } })],
    ["containers that are no list", object("v1", "Pod", "web", { spec: { containers: { name: "web" } } })],
    ["a container in another form", object("v1", "Pod", "web", { spec: { containers: ["web"] } })],
  ])("a workload with %s cannot be judged", (_, content) => {
    expect(names([resource(content)])).toEqual(expect.arrayContaining(judgingPods));
  });

  test("a Helm release, whose objects are not seen, cannot be judged", () => {
    const release = { urn: "urn:x", type: "kubernetes:helm.sh/v3:Release", inputs: { chart: "nginx" }, options: {} };
    expect(names([release])).toEqual(RULES.map(({ name }) => name));
  });

  test("pods of a kind that is not known are judged where they stand, and those in a list too", () => {
    const containers = [{ name: "web", image: "web" }];
    const rollout = object("argoproj.io/v1", "Rollout", "web", { spec: { deep: [{ inside: { containers } }] } });
    const pods = { ...object("v1", "PodList", "all"), items: [object("v1", "Pod", "web", { spec: { containers } })] };
    for (const content of [rollout, pods]) {
      expect(names([resource(content)])).toEqual(expect.arrayContaining(["restricted-security", "pinned-images"]));
    }
  });

  test("a field of another type than Kubernetes' own cannot be judged", () => {
    const pod = { containers: [{ name: "web", image: "web:1", securityContext: { privileged: "no" } }] };
    const [found] = violations([ruleNamed("restricted-security")], [workload("Deployment", pod)], SETTINGS);
    expect(found?.message).toMatch(
      /cannot be judged: Deployment web has a form .* containers\.0\.securityContext\.privileged$/,
    );
  });
});

describe.each(STACKS)("stack %s", (stack) => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))("keeps to %s", async (_, rule) => {
    const { resources } = await recording(stack);
    expect(resources.flatMap(objectsOf).length).toBeGreaterThan(30);
    expect(violations([rule], resources, SETTINGS).map(({ message }) => message)).toEqual([]);
  });
});

function ruleNamed(name: string): Rule {
  const found = RULES.find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`there is no rule ${name}`);
  return found;
}
