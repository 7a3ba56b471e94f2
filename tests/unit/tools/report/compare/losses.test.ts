import { classify, classOf } from "../../../../../tools/report/compare";
import type { Change, ObjectChange } from "../../../../../tools/report/compare";
import { change, changed, one, state, urn } from "./objects";
import type { Inputs } from "./objects";

const NAMESPACE = "kubernetes:core/v1:Namespace";
const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const PASSWORD = "random:index/randomPassword:RandomPassword";
const STORE = `vapora:index:Redis$vapora:index:Store$${STATEFUL_SET}`;

const size = (storage: string): Inputs => ({ spec: { resources: { requests: { storage } } } });
const kinds = ({ losses }: Change): string[] => losses.map(({ kind }) => kind);

/** A StatefulSet with claim templates. */
function templated(storage: string, retention: Inputs = {}, replicas = 3): Inputs {
  const volumeClaimTemplates = [{ metadata: { name: "data" }, ...size(storage) }];
  return { spec: { replicas, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: retention } };
}

/** A StatefulSet over a claim of its own. */
function overClaim(image: string): Inputs {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  return { spec: { replicas: 1, template: { spec: { containers: [{ name: "main", image }], volumes } } } };
}

const gone = (type: string, inputs: Inputs, rest = {}): Change => one(change(type, state(type, inputs, rest)));

test.each<[string, Inputs]>([
  [NAMESPACE, {}],
  [CLAIM, size("1Gi")],
  ["kubernetes:core/v1:PersistentVolume", {}],
  ["kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", {}],
  [STATEFUL_SET, templated("1Gi")],
  [PASSWORD, { length: 64 }],
])("%s that leaves is data at risk, and one that comes is none", (type, inputs) => {
  expect(kinds(gone(type, inputs))).toEqual(["deleted"]);
  expect(classOf(one(change(type, undefined, state(type, inputs))))).toBe("created");
});

test.each(["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret", "kubernetes:core/v1:Service", STATEFUL_SET])(
  "%s without data may leave",
  (type) => {
    expect(classOf(gone(type, {}))).toBe("deleted");
  },
);

test("what stays in the cluster when it leaves the program is not lost", () => {
  const made = gone(CLAIM, size("1Gi"), { retainOnDelete: true });
  expect([classOf(made), made.notes]).toEqual(["deleted", ["it stays in the cluster, and no stack manages it"]]);
});

test("protection does not make a loss none, and is told", () => {
  const made = gone(CLAIM, size("1Gi"), { protect: true });
  expect(kinds(made)).toEqual(["deleted"]);
  expect(made.losses[0]?.reason).toContain("the engine refuses");
});

test("what stays in the cluster when it leaves the program and no longer does is data at risk", () => {
  const kept = state(CLAIM, size("1Gi"), { retainOnDelete: true });
  const made = one(change(CLAIM, kept, state(CLAIM, size("1Gi"))));
  expect([made.action, made.losses.map(({ kind }) => kind)]).toEqual(["metadata", ["unprotected"]]);
  const service = "kubernetes:core/v1:Service";
  const harmless = one(change(service, state(service, {}, { retainOnDelete: true }), state(service, {})));
  expect(harmless.losses).toEqual([]);
});

test("protection that is dropped together with the object's replacement is both", () => {
  const before = state(CLAIM, { spec: { storageClassName: "a" } }, { protect: true });
  const after = state(CLAIM, { spec: { storageClassName: "b" } });
  expect(kinds(one(change(CLAIM, before, after)))).toEqual(["replaced", "unprotected"]);
});

test("a namespace under another name takes everything along", () => {
  const made = changed(NAMESPACE, { metadata: { name: "a" } }, { metadata: { name: "b" } });
  expect(kinds(made)).toEqual(["replaced"]);
  expect(made.losses[0]?.reason).toContain("everything in the namespace");
});

test("a claim grows, and never shrinks, however its size is written", () => {
  expect(classOf(changed(CLAIM, size("10Gi"), size("20Gi")))).toBe("in-place");
  expect(classOf(changed(CLAIM, size("10Gi"), size("10240Mi")))).toBe("unchanged");
  expect(kinds(changed(CLAIM, size("20Gi"), size("10Gi")))).toEqual(["shrunk"]);
  expect(kinds(changed(CLAIM, size("1Gi"), size("1000Mi")))).toEqual(["shrunk"]);
});

test("another size of claim templates is data at risk in either direction", () => {
  expect(kinds(changed(STATEFUL_SET, templated("1Gi"), templated("2Gi")))).toEqual(["replaced"]);
  expect(kinds(changed(STATEFUL_SET, templated("2Gi"), templated("1Gi")))).toEqual(["replaced"]);
  const keeps = changed(STATEFUL_SET, templated("1Gi"), templated("2Gi")).losses[0]?.reason;
  const deletes = changed(STATEFUL_SET, templated("1Gi", { whenDeleted: "Delete" }), templated("2Gi")).losses[0]
    ?.reason;
  expect([keeps, deletes]).toEqual([
    expect.stringContaining("stay as they are"),
    expect.stringContaining("deleted with it"),
  ]);
});

test("claims that no longer outlive their set are data at risk, and the other way round they are not", () => {
  const [keep, drop] = [{ whenDeleted: "Retain" }, { whenDeleted: "Delete" }];
  expect(kinds(changed(STATEFUL_SET, templated("1Gi", keep), templated("1Gi", drop)))).toEqual(["unprotected"]);
  expect(classOf(changed(STATEFUL_SET, templated("1Gi", drop), templated("1Gi", keep)))).toBe("in-place");
});

test("fewer pods are data at risk only where their claims go with them", () => {
  const [keep, drop] = [{ whenScaled: "Retain" }, { whenScaled: "Delete" }];
  expect(classOf(changed(STATEFUL_SET, templated("1Gi", keep, 3), templated("1Gi", keep, 1)))).toBe("in-place");
  expect(kinds(changed(STATEFUL_SET, templated("1Gi", drop, 3), templated("1Gi", drop, 1)))).toEqual(["deleted"]);
  expect(classOf(changed(STATEFUL_SET, templated("1Gi", drop, 1), templated("1Gi", drop, 3)))).toBe("in-place");
});

test("an older image of a store, or one that skips a major version, is data at risk; of anything else it is not", () => {
  const store = (before: string, after: string, chain = STORE): Change => {
    const own = { urn: urn(chain) };
    return one(
      change(STATEFUL_SET, state(STATEFUL_SET, overClaim(before), own), state(STATEFUL_SET, overClaim(after), own)),
    );
  };
  expect(kinds(store("redis:8.6.2", "redis:8.6.1"))).toEqual(["downgraded"]);
  expect(kinds(store("redis:6.2.0", "redis:8.6.1"))).toEqual(["downgraded"]);
  expect(classOf(store("redis:8.6.1", "redis:8.6.2"))).toBe("rolls");
  expect(classOf(store("agents:2.0.0", "agents:1.0.0", `vapora:index:Agents$${STATEFUL_SET}`))).toBe("rolls");
});

test("a store that is no longer run here is data at risk, and what becomes of its claim is told", () => {
  const claim = { urn: urn(CLAIM, "data") };
  const metadata = { name: "data" };
  const before = state(CLAIM, { metadata }, claim);
  const [kept, lost] = [before, undefined].map((after) =>
    one(change(STATEFUL_SET, state(STATEFUL_SET, overClaim("redis:8"))), {
      ...change(CLAIM, before, after),
      urn: claim.urn,
    }),
  );
  expect([kept, lost].map((made) => made && kinds(made))).toEqual([["switched"], ["switched"]]);
  expect(kept?.losses[0]?.reason).toContain("Claim data is kept with the data");
  expect(lost?.losses[0]?.reason).toContain("Claim data is not kept");
});

test("a store that goes on under other parents is run all the same; a claim that is made anew is not kept", () => {
  const under = (parent: string, type: string): { urn: string } => ({ urn: urn(`${parent}$${type}`) });
  const moved = (type: string, inputs: Inputs): ObjectChange[] => {
    const [old, now] = [under("vapora:index:Redis", type), under("vapora:index:Namespace", type)];
    return [
      { ...change(type, state(type, inputs, old), undefined), ...old },
      { ...change(type, undefined, state(type, inputs, now)), ...now },
    ];
  };
  const claims = moved(CLAIM, { metadata: { name: "data" } });
  const [gone, come] = classify([...moved(STATEFUL_SET, overClaim("redis:8")), ...claims]).filter(
    ({ kind }) => kind === "StatefulSet",
  );
  expect([gone?.action, gone?.losses, gone?.outage, come?.action]).toEqual(["deleted", [], true, "created"]);
  expect(gone?.notes.join()).toMatch(/^with other parents it is still the same object .* Give what was moved an alias/);
  const elsewhere = classify([change(STATEFUL_SET, state(STATEFUL_SET, overClaim("redis:8"))), ...claims]);
  expect(elsewhere.flatMap(({ losses }) => losses.map(({ reason }) => reason)).join()).toContain("data is not kept");
});
