/** What is made of a cluster's answers that are hard to get from a real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Patient } from "../../../../../tools/commands/doctor/finding";
import { unknownKinds } from "../../../../../tools/cluster/live";
import { quotas } from "../../../../../tools/commands/doctor/quota-room";
import { storage } from "../../../../../tools/commands/doctor/storage-classes";
import { matchCluster } from "../../../../../tools/pulumi/pinned-cluster";
import type { Cluster } from "../../../../../tools/cluster/kubectl";
import { identity } from "../../../../../tools/cluster/live";
import { expectOwnObjects, tellingObjects } from "../../../../../tools/pulumi/owner";
import type { LiveObject } from "../../../../../tools/cluster/live";
import type { State } from "../../../../../tools/pulumi/state";
import type { KubernetesObject } from "../../../../../tools/recording/recording";
import { answeringCluster, patientOn } from "../../../../support/patients";

const folder = mkdtempSync(join(tmpdir(), "vapora-answers-"));
const signal = new AbortController().signal;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const answering = (answers: Readonly<Record<string, unknown>>): Cluster => answeringCluster(folder, answers);

const claim = (name: string, uid?: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "here", ...(uid === undefined ? {} : { uid }) },
  spec: { resources: { requests: { storage: "1Gi" } } },
});

const patient = (cluster: Cluster, objects: readonly KubernetesObject[]): Patient => patientOn(cluster, { objects });

describe("kinds", () => {
  const objects = [claim("data")];

  test("are not served where the cluster says so", async () => {
    const cluster = answering({ "/api/v1": "Error from server (NotFound): the server could not find it" });
    expect(await unknownKinds({ cluster, objects, signal })).toEqual(new Map([["v1", ["PersistentVolumeClaim"]]]));
  });

  test("are not known where it does not answer", async () => {
    const cluster = answering({ "/api/v1": "Unable to connect to the server: TLS handshake timeout" });
    await expect(unknownKinds({ cluster, objects, signal })).rejects.toThrow(
      /^The cluster does not say which kinds of v1 it serves:\n.*TLS handshake timeout$/,
    );
  });
});

describe("storage classes", () => {
  const found = async (answer: unknown): Promise<string[]> => {
    const cluster = answering({ storageclasses: answer, "get -f": { kind: "List", items: [] } });
    return (await storage(patient(cluster, [claim("data")]))).map(({ status, detail }) => `${status}: ${detail}`);
  };

  test("of which there is none are an error, and those that may not be listed a warning", async () => {
    expect(await found({ items: [] })).toEqual([
      "error: There is no default storage class for PersistentVolumeClaim data.",
    ]);
    expect(await found("Error from server (Forbidden): storageclasses")).toEqual([
      "warning: The deployer may not list storage classes; whether there is a default one for PersistentVolumeClaim data was not seen.",
    ]);
  });
});

describe("a quota of claims", () => {
  const workload = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "nats", namespace: "here" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "nats" } },
      template: { metadata: { labels: { app: "nats" } }, spec: { containers: [] } },
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim("data").spec }],
    },
  };
  const found = async (used: number, live: readonly KubernetesObject[]): Promise<string[]> => {
    const quota = {
      metadata: { name: "small", namespace: "here" },
      spec: { hard: { persistentvolumeclaims: "20" } },
      status: { used: { persistentvolumeclaims: String(used) } },
    };
    const cluster = answering({
      resourcequotas: { items: [quota] },
      "get pods": { items: [] },
      "get -f": { kind: "List", items: live },
    });
    return (await quotas(patient(cluster, [claim("own"), workload]))).map(({ detail }) => detail);
  };

  test("counts those of others, and the stack's own only where they are there", async () => {
    const own = ["own", "data-nats-0", "data-nats-1"].map((name) => claim(name));
    expect(await found(17, [])).toEqual(["small: room for the peak of a rollout."]);
    expect(await found(20, own)).toEqual(["small: room for the peak of a rollout."]);
    const [refused] = await found(18, []);
    expect(refused).toMatch(/^Quota small allows 20 of persistentvolumeclaims; .* takes 3, others have 18\.$/);
  });
});

describe("a stack that pins no cluster", () => {
  const state: State = {
    resources: [
      {
        ...{ urn: "urn", type: "kubernetes:core/v1:PersistentVolumeClaim", custom: true },
        inputs: claim("data") as never,
        outputs: { metadata: { uid: "1" } },
      },
    ],
    pending: [],
    mark: undefined,
  };
  const on = (...found: readonly KubernetesObject[]): (() => void) => {
    const live = new Map(found.map((object) => [identity(object), object as LiveObject]));
    return () => {
      expectOwnObjects("dev", state, live);
    };
  };

  test("is known to be elsewhere by the UIDs of its objects, not by their names", () => {
    expect(on()).toThrow(/^The cluster has none of the 1 objects that the state of stack dev holds/);
    expect(on(claim("data", "2"))).toThrow("pulumi config set --path cluster.kubeSystemUid");
    expect(on(claim("data", "1"))).not.toThrow();
  });

  test("is not said to be elsewhere for what an interrupted destroy has come to delete", () => {
    const pending = state.resources.map((resource) => ({ type: "deleting", resource }));
    expect(tellingObjects({ ...state, pending })).toEqual([]);
    expect(() => {
      expectOwnObjects("dev", { ...state, pending }, new Map());
    }).not.toThrow();
  });

  test("takes one whose identity may not be read, and one that pins does not", async () => {
    const cluster = answering({ "kube-system": "Error from server (Forbidden): namespaces" });
    const file = (pinned: object): Parameters<typeof matchCluster>[0] => ({
      project: "vapora",
      stack: "dev",
      config: { "vapora:cluster": { identifier: "one", ...pinned } },
    });
    expect(await matchCluster(file({}), cluster)).toMatchObject({ found: undefined, isExpected: true });
    const kubeSystemUid = "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90";
    await expect(matchCluster(file({ kubeSystemUid }), cluster)).rejects.toThrow("does not tell its identity");
  });
});
