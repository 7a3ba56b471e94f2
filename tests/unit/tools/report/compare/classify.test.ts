import { classOf, rollingOrder, classify } from "../../../../../tools/report/compare";
import { MASK } from "../../../../../tools/recording/manifests";
import { change, changed, one, state, urn } from "./objects";
import type { Inputs } from "./objects";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const SECRET = "kubernetes:core/v1:Secret";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

/** A workload's inputs with some env of its one container. */
function workload(env: Inputs[], spec: Inputs = {}): Inputs {
  return { spec: { ...spec, template: { spec: { containers: [{ name: "main", image: "a:1", env }] } } } };
}

const reads = (kind: string, name: string, key: string): Inputs => ({
  name: key.toUpperCase(),
  valueFrom: { [`${kind}KeyRef`]: { name, key } },
});

describe("pods", () => {
  const rolled = (spec: Inputs): [string, boolean] => {
    const made = changed(DEPLOYMENT, workload([], spec), workload([{ name: "A", value: "1" }], spec));
    return [made.action, made.outage];
  };

  test("roll without a gap, but where the old one goes first", () => {
    expect(rolled({ replicas: 2 })).toEqual(["rolls", false]);
    expect(rolled({ replicas: 1 })).toEqual(["rolls", false]);
    expect(rolled({ strategy: { type: "Recreate" } })).toEqual(["rolls", true]);
    const [before, after] = [workload([], { replicas: 1 }), workload([{ name: "A" }], { replicas: 1 })];
    expect(changed(STATEFUL_SET, before, after)).toMatchObject({ action: "rolls", outage: true });
  });

  test("do not roll where there are none, or where they are told to wait", () => {
    expect(rolled({ replicas: 0 })).toEqual(["in-place", false]);
    expect(rolled({ paused: true })).toEqual(["in-place", false]);
    expect(rolled({ updateStrategy: { type: "OnDelete" } })).toEqual(["in-place", false]);
  });

  test("do not change with another way to write the same amount", () => {
    const amount = (cpu: string): Inputs => ({
      spec: { template: { spec: { containers: [{ name: "main", resources: { requests: { cpu } } }] } } },
    });
    expect(changed(DEPLOYMENT, amount("1000m"), amount("1")).action).toBe("unchanged");
    expect(changed(DEPLOYMENT, amount("1000m"), amount("2")).action).toBe("rolls");
  });

  test("roll in the order in which they wait for each other", () => {
    const made = (name: string, dependencies: string[]): ReturnType<typeof change> => {
      const own = { urn: urn(DEPLOYMENT, name), dependencies: dependencies.map((other) => urn(DEPLOYMENT, other)) };
      const [before, after] = [workload([]), workload([{ name: "A" }])].map((inputs) => state(DEPLOYMENT, inputs, own));
      return { ...change(DEPLOYMENT, before, after), name };
    };
    const idle = { ...made("between", ["first"]) };
    const same = { ...idle, after: idle.before && { ...idle.before } };
    const order = rollingOrder(
      classify([made("last", ["between", "first"]), same, made("other", []), made("first", [])]),
    );
    expect(order).toEqual([["Deployment first", "Deployment other"], ["Deployment last"]]);
  });
});

describe("who reads a ConfigMap or a Secret", () => {
  const data = (type: string, before: Inputs, after: Inputs): ReturnType<typeof change> =>
    change(type, state(type, { data: before }), state(type, { data: after }));

  test("is named, only for the keys that differ, and those that roll apart from those that do not", () => {
    const reader = (name: string, key: string, rolls: boolean): ReturnType<typeof change> => {
      const own = { urn: urn(DEPLOYMENT, name) };
      const inputs = workload([reads("secret", "it", key)]);
      const after = rolls ? { ...inputs, ...workload([reads("secret", "it", key), { name: "B" }]) } : inputs;
      return { ...change(DEPLOYMENT, state(DEPLOYMENT, inputs, own), state(DEPLOYMENT, after, own)), name };
    };
    const secret = data(SECRET, { one: "YQ==", two: "YQ==" }, { one: "Yg==", two: "YQ==" });
    const made = one(secret, reader("rolling", "one", true), reader("still", "one", false), reader("not", "two", true));
    expect(made).toMatchObject({ action: "in-place", consumers: ["rolling", "still"], rolls: ["rolling"] });
  });

  test.each<[string, Inputs]>([
    ["a volume", { volumes: [{ name: "v", configMap: { name: "it" } }] }],
    ["a key in a volume", { volumes: [{ name: "v", configMap: { name: "it", items: [{ key: "one", path: "x" }] } }] }],
    ["a projected volume", { volumes: [{ name: "v", projected: { sources: [{ configMap: { name: "it" } }] } }] }],
    ["envFrom", { containers: [{ name: "main", envFrom: [{ configMapRef: { name: "it" } }] }] }],
    ["an init container", { initContainers: [{ name: "init", env: [reads("configMap", "it", "one")] }] }],
  ])("through %s", (_name, spec) => {
    const reader = state(DEPLOYMENT, { spec: { template: { spec } } }, { urn: urn(DEPLOYMENT, "reader") });
    const others = { ...change(DEPLOYMENT, reader, reader), name: "reader" };
    expect(one(data(CONFIG_MAP, { one: "a" }, { one: "b" }), others).consumers).toEqual(["reader"]);
  });

  test("not by the same name in another namespace", () => {
    const inputs = { ...workload([reads("configMap", "it", "one")]), metadata: { namespace: "elsewhere" } };
    const reader = state(DEPLOYMENT, inputs, { urn: urn(DEPLOYMENT, "reader") });
    expect(one(data(CONFIG_MAP, { one: "a" }, { one: "b" }), change(DEPLOYMENT, reader, reader)).consumers).toEqual([]);
  });
});

describe("the differences", () => {
  test("of a Secret name the keys and never a value", () => {
    const made = changed(
      SECRET,
      { stringData: { a: "old-value", c: "same" } },
      { stringData: { a: "new-value", b: "more", c: "same" } },
    );
    expect(made.differences).toEqual([
      { path: "data.a", before: MASK, after: MASK },
      { path: "data.b", before: undefined, after: MASK },
    ]);
    expect(JSON.stringify(made.differences)).not.toMatch(/value|more/);
  });

  test("of anything marked secret, and of what holds it, show no value", () => {
    const secretInputs = [["spec", "hidden", "inner"]];
    const sides = ["old-value", "new-value"].map((inner) =>
      state(CONFIG_MAP, { spec: { hidden: { inner } } }, { secretInputs }),
    );
    expect(JSON.stringify(one(change(CONFIG_MAP, sides[0], sides[1])).differences)).not.toContain("value");
    const none = state(CONFIG_MAP, { spec: {} });
    const made = one(change(CONFIG_MAP, none, sides[1]));
    expect(made.differences).toEqual([{ path: "spec.hidden", before: undefined, after: { inner: MASK } }]);
  });

  test("of a Secret written the other way are none", () => {
    const made = changed(SECRET, { stringData: { a: "x" } }, { data: { a: Buffer.from("x").toString("base64") } });
    expect(made.action).toBe("unchanged");
  });

  test("name list items by their names, and tell when only their order differs", () => {
    const env = (...names: string[]): Inputs => workload(names.map((name) => ({ name, value: name })));
    const paths = (before: Inputs, after: Inputs): string[] =>
      changed(DEPLOYMENT, before, after).differences.map(({ path }) => path);
    expect(paths(env("A", "B"), env("B"))).toEqual(["spec.template.spec.containers[main].env[A]"]);
    expect(paths(env("A", "B"), env("B", "A"))).toEqual(["spec.template.spec.containers[main].env (order)"]);
  });

  test("of the order of keys are none", () => {
    expect(changed(CONFIG_MAP, { data: { a: "1", b: "2" } }, { data: { b: "2", a: "1" } }).action).toBe("unchanged");
  });
});

test("an object under another logical name is deleted and created, and the way out is said on both", () => {
  const [old, now] = ["old", "new"].map((name) => ({ urn: urn(CONFIG_MAP, name) }));
  const gone = { ...change(CONFIG_MAP, state(CONFIG_MAP, {}, old)), name: "old" };
  const come = { ...change(CONFIG_MAP, undefined, state(CONFIG_MAP, {}, now)), name: "new" };
  const made = classify([gone, come]);
  expect(made.map(classOf)).toEqual(["deleted", "created"]);
  for (const { notes } of made) expect(notes.join()).toContain("Give new an alias");
});
