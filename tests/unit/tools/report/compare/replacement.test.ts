import { UNREAD } from "../../../../../tools/recording/recording";
import type { Json } from "../../../../../tools/recording/recording";
import { classOf } from "../../../../../tools/report/compare";
import { REPLACEMENT_RULES } from "../../../../../tools/report/compare/replacement";
import { change, changed, one, state, urn } from "./objects";
import type { Inputs } from "./objects";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
const PROVIDER = "pulumi:providers:kubernetes";

/** Inputs with one value at a path. */
function at(path: string, value: Json | undefined): Inputs {
  return path
    .split(".")
    .reverse()
    .reduce<Json | undefined>((inner, key) => (inner === undefined ? {} : { [key]: inner }), value) as Inputs;
}

/** Two values a path may have. */
const VALUES: Readonly<Record<string, readonly [Json, Json]>> = {
  "spec.selector": [{ matchLabels: { app: "a" } }, { matchLabels: { app: "b" } }],
  "spec.accessModes": [["ReadWriteOnce"], ["ReadWriteMany"]],
  "spec.volumeClaimTemplates": [
    [{ metadata: { name: "data", labels: { app: "a" } } }],
    [{ metadata: { name: "data", labels: { app: "b" } } }],
  ],
  "spec.template": [{ spec: { restartPolicy: "Never" } }, { spec: { restartPolicy: "OnFailure" } }],
  "spec.scopes": [["BestEffort"], ["NotBestEffort"]],
  roleRef: [{ name: "a" }, { name: "b" }],
  parameters: [{ type: "a" }, { type: "b" }],
  data: [{ key: "a" }, { key: "b" }],
  stringData: [{ key: "a" }, { key: "b" }],
  binaryData: [{ key: "YQ==" }, { key: "Yg==" }],
};

const ROWS = REPLACEMENT_RULES.filter(({ unless }) => unless === undefined).flatMap(({ types, paths }) =>
  (types.length === 0 ? ["apps/v1:Deployment", "core/v1:Service", "batch/v1:CronJob"] : types).flatMap((type) =>
    paths.map((path): [string, string] => [`kubernetes:${type}`, path]),
  ),
);

describe("the provider replaces", () => {
  test.each(ROWS)("%s when %s changes, comes or goes, in either direction", (type, path) => {
    const [a, b] = VALUES[path] ?? ["a", "b"];
    for (const [before, after] of [
      [a, b],
      [b, a],
      [undefined, a],
      [a, undefined],
    ]) {
      const made = changed(type, at(path, before), at(path, after));
      // a name or a namespace that goes is one the provider makes up
      expect([made.action, made.replacedBecause]).toEqual(["replaced", [path]]);
    }
    expect(changed(type, at(path, a), at(path, a)).action).toBe("unchanged");
  });

  test("a ConfigMap or Secret whose data changes only where it is immutable, or the provider is told so", () => {
    for (const [kind, option] of [
      ["ConfigMap", "enableConfigMapMutable"],
      ["Secret", "enableSecretMutable"],
    ] as const) {
      const type = `kubernetes:core/v1:${kind}`;
      const action = (provider: Inputs, rest: Inputs = {}): string => {
        const sides = ["a", "b"].map((key) =>
          state(type, { data: { key }, ...rest }, { provider: urn(PROVIDER, "cluster") }),
        );
        const made = state(PROVIDER, provider, { urn: urn(PROVIDER, "cluster") });
        return one(change(type, sides[0], sides[1]), { ...change(PROVIDER, made, made), urn: made.urn }).action;
      };
      expect(action({ [option]: "true" })).toBe("in-place");
      expect(action({})).toBe("replaced");
      expect(action({ [option]: "true" }, { immutable: true })).toBe("replaced");
    }
  });

  test("a random value with any of its arguments", () => {
    const type = "random:index/randomPassword:RandomPassword";
    expect(changed(type, { length: 32 }, { length: 64 })).toMatchObject({ action: "replaced", outage: false });
    expect(classOf(changed(type, { length: 32 }, { length: 64 }))).toBe("data-at-risk");
  });

  test("every object of another cluster, unless only the way to it changes", () => {
    const provider = (before: Inputs, after: Inputs): string => {
      const cluster = urn(PROVIDER, "cluster");
      const sides = [before, after].map((inputs) => state(PROVIDER, inputs, { urn: cluster }));
      const object = state(DEPLOYMENT, {}, { provider: cluster });
      const made = one(change(DEPLOYMENT, object, object), { ...change(PROVIDER, sides[0], sides[1]), urn: cluster });
      return `${made.action} ${made.replacedBecause.join()}`.trim();
    };
    expect(provider({ clusterIdentifier: "a" }, { clusterIdentifier: "b" })).toBe("replaced provider");
    expect(provider({ clusterIdentifier: "a", kubeconfig: "x" }, { clusterIdentifier: "a", kubeconfig: "y" })).toBe(
      "unchanged",
    );
    expect(provider({ kubeconfig: "x" }, { kubeconfig: "y" })).toBe("replaced provider");
    expect(provider({ kubeconfig: "x" }, { kubeconfig: "x", clusterIdentifier: "a" })).toBe("unchanged");
  });

  test("nothing because a cluster gets pinned; a pinned one that gets another identifier is another one", () => {
    const pinned = (before: string, after: string, isPinned: readonly [boolean, boolean]): string => {
      const provider = (name: string, identifiers: readonly (string | undefined)[]): ReturnType<typeof change> => {
        const sides = identifiers.map((clusterIdentifier) =>
          clusterIdentifier === undefined
            ? undefined
            : state(PROVIDER, { clusterIdentifier }, { urn: urn(PROVIDER, name) }),
        );
        return change(PROVIDER, sides[0], sides[1]);
      };
      const asker = [before, after].map((identifier, side) => (isPinned[side] === true ? identifier : undefined));
      const shown = [before, after].map((identifier, side) => (isPinned[side] === true ? UNREAD : identifier));
      return one(provider("cluster", shown), provider("asker", asker)).action;
    };
    expect(pinned("a", "a", [false, true])).toBe("unchanged");
    expect(pinned("a", "a", [true, false])).toBe("unchanged");
    expect(pinned("a", "a", [true, true])).toBe("unchanged");
    expect(pinned("a", "b", [true, true])).toBe("replaced");
    expect(pinned("a", "b", [false, true])).toBe("replaced");
  });

  test("a workload whose claim is replaced first, and nothing that merely waits for it", () => {
    const dependent = (rest: object): string => {
      const claims = ["a", "b"].map((storageClassName) =>
        state(CLAIM, { spec: { storageClassName } }, { urn: urn(CLAIM, "data") }),
      );
      const workload = state(STATEFUL_SET, { spec: { replicas: 1 } }, rest);
      const made = one(change(STATEFUL_SET, workload, workload), {
        ...change(CLAIM, claims[0], claims[1]),
        urn: urn(CLAIM, "data"),
      });
      return `${made.action} ${String(made.outage)}`;
    };
    expect(dependent({ propertyDependencies: { spec: [urn(CLAIM, "data")] } })).toBe("replaced true");
    expect(dependent({ dependencies: [urn(CLAIM, "data")] })).toBe("unchanged false");
  });
});

describe("the provider updates", () => {
  test.each<[string, string, Json, Json]>([
    [DEPLOYMENT, "spec.replicas", 1, 2],
    [DEPLOYMENT, "spec.strategy.type", "Recreate", "RollingUpdate"],
    [STATEFUL_SET, "spec.replicas", 1, 3],
    [STATEFUL_SET, "spec.minReadySeconds", 1, 10],
    ["kubernetes:core/v1:Service", "spec.type", "ClusterIP", "NodePort"],
    ["kubernetes:core/v1:Service", "spec.publishNotReadyAddresses", true, false],
    ["kubernetes:batch/v1:Job", "spec.activeDeadlineSeconds", 1, 2],
    ["kubernetes:policy/v1:PodDisruptionBudget", "spec.maxUnavailable", 1, 2],
    ["kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec.podSelector", {}, { matchLabels: { app: "a" } }],
    ["kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "subjects", [{ name: "a" }], [{ name: "b" }]],
    ["kubernetes:core/v1:ResourceQuota", "spec.hard", { pods: "1" }, { pods: "2" }],
    ["kubernetes:core/v1:ServiceAccount", "automountServiceAccountToken", true, false],
    [CLAIM, "spec.resources.requests.storage", "10Gi", "20Gi"],
  ])("%s in place when %s changes", (type, path, a, b) => {
    expect(changed(type, at(path, a), at(path, b))).toMatchObject({ action: "in-place", outage: false, losses: [] });
  });

  test.each([DEPLOYMENT, STATEFUL_SET, "kubernetes:apps/v1:DaemonSet"])(
    "%s by new pods when its template changes",
    (type) => {
      const path = "spec.template.metadata.annotations";
      expect(changed(type, at(path, { a: "1" }), at(path, { a: "2" })).action).toBe("rolls");
      expect(changed(type, at(path, undefined), at(path, { a: "1" })).action).toBe("rolls");
    },
  );

  test("labels, annotations and protection are only said about an object", () => {
    for (const key of ["labels", "annotations"]) {
      expect(changed(DEPLOYMENT, at(`metadata.${key}`, { a: "1" }), at(`metadata.${key}`, { a: "2" })).action).toBe(
        "metadata",
      );
    }
    const [open, safe] = [false, true].map((protect) => state(CLAIM, {}, { protect }));
    expect(classOf(one(change(CLAIM, open, safe)))).toBe("metadata");
    expect(classOf(one(change(CLAIM, safe, open)))).toBe("data-at-risk");
  });
});
