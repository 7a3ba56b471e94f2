import { prove } from "../../tools/commands/prove/prove";
import { projectRoot } from "../../tools/recording/project";
import type { Json, Recording } from "../../tools/recording/recording";
import type { Proof } from "../../tools/report";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { recording } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

type Inputs = Record<string, Json>;

/** The recording with some of its objects changed, each named `<kind> <logical name>`. */
function changed(
  made: Recording,
  changes: Readonly<Record<string, (spec: Inputs, object: Inputs) => void>>,
): Recording {
  const seen = new Set<string>();
  const resources = made.resources.map((resource) => {
    const name = `${resource.inputs.kind as string} ${resource.name}`;
    const change = changes[name];
    if (change === undefined) return resource;
    seen.add(name);
    const inputs = structuredClone(resource.inputs) as Inputs;
    change((inputs.spec ?? {}) as Inputs, inputs);
    return { ...resource, inputs };
  });
  const missing = Object.keys(changes).filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(", ")}`);
  return { ...made, resources };
}

/** The container of a workload's template. */
function container(spec: Inputs): Inputs {
  return (spec as { template: { spec: { containers: Inputs[] } } }).template.spec.containers[0] ?? {};
}

function told({ refusals }: Pick<Proof, "refusals">): string[] {
  return refusals.map(({ object, of, kind, fields }) => [object, of, kind, ...fields].join(" "));
}

describeOnCluster("the API server", (cluster) => {
  const names = new Map<string, string>();
  const root = projectRoot();
  /** The stack dev in a namespace of its own, with a quota. */
  const stack = (name: string, quota?: object): Promise<Recording> => {
    const namespace = names.get(name) ?? uniqueNamespace(name);
    names.set(name, namespace);
    const config = {
      "vapora:namespace": { name: namespace },
      ...(quota === undefined ? {} : { "vapora:quota": quota }),
    };
    return recording("dev", config);
  };

  afterAll(() => deleteNamespaces(cluster, ...names.values()));

  it("takes a stack over itself, with its quota full of a rollout of everything at once", async () => {
    const same = await stack("prove-same", { headroom: 0 });
    const proof = await prove(cluster, { base: same, head: same }, { root });
    expect(proof).toMatchObject({ refusals: [], replacements: [], warnings: [], notes: [] });
    expect(proof.objects).toBeGreaterThan(40);
    // those of the services and the Job
    expect(proof.templates).toBe(9);
  });

  it("names what it refuses: values, fields that cannot change, pods, and what Pulumi replaces", async () => {
    const base = await stack("prove-changed");
    const head = changed(base, {
      // grown: taken
      "PersistentVolumeClaim nats-data": (spec) => (spec.resources = { requests: { storage: "2Gi" } }),
      "PersistentVolumeClaim redis-data": (spec) => (spec.resources = { requests: { storage: "512Mi" } }),
      "PersistentVolumeClaim agents-storage": (spec) => (spec.storageClassName = "standard-wait"),
      "Service backend-service": (spec) => (spec.type = "Nothing"),
      "ConfigMap backend-config": (_spec, object) => (object.datum = {}),
      "Deployment frontend": (spec) => (container(spec).image = ""),
      "Deployment llm-router": (spec) => (container(spec).securityContext = { privileged: true }),
      "Deployment mcp-gateway": (spec) => {
        (spec.template as { spec: Inputs }).spec.serviceAccountName = "nobody";
      },
    });
    const proof = await prove(cluster, { base, head }, { root });
    expect(told(proof)).toEqual([
      "ConfigMap backend-config object invalid",
      "Deployment frontend object invalid spec.template.spec.containers[0].image",
      "Deployment frontend pod invalid spec.containers[0].image",
      "Deployment llm-router pod pod-security",
      "Deployment mcp-gateway pod admission",
      "PersistentVolumeClaim redis-data object invalid spec.resources.requests.storage",
      "Service backend-service object invalid spec.type",
    ]);
    expect(told({ refusals: proof.replacements })).toEqual([
      "PersistentVolumeClaim agents-storage object immutable spec",
    ]);
    expect(proof.warnings).toEqual([expect.stringMatching(/^Deployment llm-router: would violate PodSecurity/)]);
    expect(proof.notes).toEqual([]);
  });

  it("counts how many pods a quota has room for, and keeps to the head's, not the base's", async () => {
    const base = await stack("prove-quota", { headroom: 0 });
    const small = changed(base, {
      "ResourceQuota quota": (spec) => (spec.hard = { ...(spec.hard as Inputs), pods: "3" }),
    });
    const proof = await prove(cluster, { base, head: small }, { root });
    expect(new Set(proof.refusals.map(({ of, kind }) => `${of} ${kind}`))).toEqual(new Set(["pod quota"]));
    expect(proof.refusals.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^at a rollout's peak \d of \d pods fit: .*exceeded quota.*pods=1/),
    );
  });

  it("proves a new stack by itself, and says what it cannot prove", async () => {
    const made = await stack("prove-new");
    const head = changed(made, {
      "Service backend-service": (_spec, object) => (object.apiVersion = "example.com/v1"),
    });
    const proof = await prove(cluster, { head }, { root });
    expect(proof.refusals).toEqual([]);
    expect(proof.notes).toEqual([
      "Service backend-service is not proven: the cluster has no kind Service of example.com/v1",
    ]);
  });
});
