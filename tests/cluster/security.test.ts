import { waitUntilReady } from "../../tools/cluster/readiness";
import type { KubernetesObject } from "../../tools/recording/recording";
import {
  allObjects,
  applied,
  podOf,
  restrictedNamespace,
  tryApply,
  withWorkloads,
  workloads,
} from "../support/applied";
import type { Section } from "../support/applied";
import { CLUSTER_TIMEOUT, describeOnCluster, OwnNamespaces } from "../support/cluster";
import { recording, STACKS } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

const DRY_RUN = "--dry-run=server";

/** A pod to be spoilt: its spec, and the security settings of the pod and its first container. */
interface Parts {
  readonly spec: Section;
  readonly pod: Section;
  readonly container: Section;
  readonly security: Section;
}

/** One fault per control of the standard, and what the API server says of it. */
const FAULTS: readonly [string, (parts: Parts) => void, RegExp][] = [
  [
    "may run as root",
    ({ pod, security }) => {
      delete security.runAsNonRoot;
      delete pod.runAsNonRoot;
    },
    /runAsNonRoot != true/,
  ],
  ["runs as user 0", ({ pod }) => (pod.runAsUser = 0), /runAsUser=0/],
  [
    "may escalate its privileges",
    ({ security }) => (security.allowPrivilegeEscalation = true),
    /allowPrivilegeEscalation != false/,
  ],
  ["keeps its capabilities", ({ security }) => delete security.capabilities, /unrestricted capabilities/],
  [
    "adds a capability",
    ({ security }) => (security.capabilities = { drop: ["ALL"], add: ["NET_ADMIN"] }),
    /must not include "NET_ADMIN"/,
  ],
  [
    "has no seccomp profile",
    ({ pod, security }) => {
      delete pod.seccompProfile;
      delete security.seccompProfile;
    },
    /seccompProfile/,
  ],
  ["turns seccomp off", ({ pod }) => (pod.seccompProfile = { type: "Unconfined" }), /seccompProfile/],
  ["uses the node's network", ({ spec }) => (spec.hostNetwork = true), /hostNetwork=true/],
  ["uses the node's process ids", ({ spec }) => (spec.hostPID = true), /hostPID=true/],
  ["uses the node's interprocess communication", ({ spec }) => (spec.hostIPC = true), /hostIPC=true/],
  [
    "is privileged",
    ({ security }) => {
      security.privileged = true;
      security.allowPrivilegeEscalation = true;
    },
    /privileged/,
  ],
  [
    "takes a port of the node",
    ({ container }) => (container.ports = [{ containerPort: 8080, hostPort: 8080 }]),
    /hostPort/,
  ],
  [
    "mounts a folder of the node",
    ({ spec }) => (spec.volumes = withVolume(spec, { hostPath: { path: "/" } })),
    /hostPath/,
  ],
  [
    "mounts a type of volume that is not allowed",
    ({ spec }) => (spec.volumes = withVolume(spec, { nfs: { server: "nfs.example.com", path: "/" } })),
    /restricted volume types/,
  ],
  ["sets an unsafe kernel parameter", ({ pod }) => (pod.sysctls = [{ name: "kernel.msgmax", value: "1" }]), /sysctls/],
  ["changes its SELinux user", ({ pod }) => (pod.seLinuxOptions = { user: "system_u" }), /seLinuxOptions/],
  ["turns AppArmor off", ({ pod }) => (pod.appArmorProfile = { type: "Unconfined" }), /[aA]pp[aA]rmor/],
];

describeOnCluster("in a namespace that enforces the Pod Security Standard 'restricted'", (cluster) => {
  const namespaces = new OwnNamespaces(cluster);

  /** A stack's recording for a restricted namespace that exists, with all but its workloads applied. */
  async function prepared(stack: string): Promise<{ objects: KubernetesObject[]; pods: KubernetesObject[] }> {
    const namespace = namespaces.next("restricted");
    await restrictedNamespace(cluster, namespace);
    const recorded = await recording(stack, { "vapora:namespace": { name: namespace, create: false } });
    const isWorkload = (object: KubernetesObject): boolean => workloads(recorded).includes(object as never);
    await applied(
      cluster,
      allObjects(recorded).filter((object) => !isWorkload(object)),
    );
    return { objects: allObjects(recorded), pods: workloads(recorded).map(podOf) };
  }

  test.each(STACKS)(
    "every object and one pod per template of stack %s is accepted without a warning",
    async (stack) => {
      const { objects, pods } = await prepared(stack);
      expect(await applied(cluster, objects, DRY_RUN)).toEqual([]);
      expect(await applied(cluster, pods, DRY_RUN)).toEqual([]);
      expect(pods.length).toBeGreaterThanOrEqual(8);
    },
  );

  test("the pods that the controllers make are admitted as well, under the labels of the stack's own namespace", async () => {
    const namespace = namespaces.next("own-labels");
    const recorded = withWorkloads(
      await recording("prod", { "vapora:namespace": { name: namespace } }),
      ({ spec: { template } }) => delete template.spec.nodeSelector,
    );
    expect(await applied(cluster, allObjects(recorded))).toEqual([]);
    await waitUntilReady(cluster, recorded, 300_000, () => undefined);

    const [pod] = workloads(recorded).map(podOf);
    const { code, stderr } = await tryApply(
      cluster,
      spoilt(pod, ({ spec }) => (spec.hostNetwork = true)),
      DRY_RUN,
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('violates PodSecurity "restricted:')]);
  });

  describe("a pod is rejected that", () => {
    let pod: KubernetesObject | undefined;

    beforeAll(async () => {
      const { pods } = await prepared("prod");
      pod = pods.find(({ metadata }) => metadata.name === "pod-of-vapora-backend");
    });

    test.each(FAULTS)("%s", async (_fault, spoil, said) => {
      const { code, stderr } = await tryApply(cluster, spoilt(pod, spoil), DRY_RUN);
      expect(stderr).toContain('violates PodSecurity "restricted:');
      expect(stderr).toMatch(said);
      expect(code).toBe(1);
    });
  });
});

function withVolume({ volumes = [] }: Section, source: Section): Section[] {
  return [...(volumes as Section[]), { name: "added", ...source }];
}

/** The pod with one thing changed. */
function spoilt(pod: KubernetesObject | undefined, spoil: (parts: Parts) => void): KubernetesObject[] {
  const copy = structuredClone(pod) as KubernetesObject & { spec: Section & { containers: [Section] } };
  const [container] = copy.spec.containers;
  copy.spec.securityContext ??= {};
  container.securityContext ??= {};
  spoil({
    spec: copy.spec,
    pod: copy.spec.securityContext as Section,
    container,
    security: container.securityContext as Section,
  });
  return [copy];
}
