import type { PolicyObject } from "./typed-objects";
import { containersOf, podsOf, VOLUME_SOURCES } from "./pod-templates";
import type { Container, PodSpec } from "./pod-templates";
import type { Finding, ObjectRule } from "./policy-rule";

/** Ids up to this one may belong to users of the node. */
const LOWEST_ID = 10001;

/** A field that is not as it must be: what that means, and what to write. */
interface Fault {
  readonly fact: string;
  readonly instead: string;
}

/**
 * Pods and all their containers keep to the Pod Security Standard `restricted`, and beyond it: a read-only root file
 * system, high ids, no token and no environment variables for Services.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const restrictedSecurity: ObjectRule = {
  name: "restricted-security",
  why: "A program that is taken over must find no more rights than it needs.",
  scope: "object",
  check: (object) =>
    podsOf(object).flatMap((pod) => {
      const faults = [
        ...podFaults(pod),
        ...claimFaults(object, pod),
        ...volumeFaults(pod),
        ...containersOf(pod).flatMap((container) => containerFaults(pod, container)),
      ];
      return faults.map((fault): Finding => ({ object, ...fault }));
    }),
};

function podFaults(pod: PodSpec): Fault[] {
  const { securityContext, hostNetwork, hostPID, hostIPC } = pod;
  return [
    ...wrong(
      pod.automountServiceAccountToken !== false,
      "mounts a service account token",
      "automountServiceAccountToken: false",
    ),
    ...wrong(
      pod.enableServiceLinks !== false,
      "gets environment variables for every Service",
      "enableServiceLinks: false",
    ),
    ...wrong(hostNetwork === true, "uses the node's network", "hostNetwork: false"),
    ...wrong(hostPID === true, "sees the node's processes", "hostPID: false"),
    ...wrong(hostIPC === true, "uses the node's inter-process communication", "hostIPC: false"),
    ...wrong((securityContext?.sysctls ?? []).length > 0, "sets kernel parameters", "no securityContext.sysctls"),
  ];
}

function containerFaults(pod: PodSpec, container: Container): Fault[] {
  const own = container.securityContext ?? {};
  const shared = pod.securityContext ?? {};
  const where = `in container ${container.name}`;
  const user = own.runAsUser ?? shared.runAsUser ?? 0;
  const group = own.runAsGroup ?? shared.runAsGroup ?? 0;
  const profile = (own.seccompProfile ?? shared.seccompProfile)?.type;
  const armour = (own.appArmorProfile ?? shared.appArmorProfile)?.type;
  const added = own.capabilities?.add ?? [];
  const dropsAll = (own.capabilities?.drop ?? []).includes("ALL");
  const isWindowsHost = (own.windowsOptions ?? shared.windowsOptions)?.hostProcess === true;
  const ids = `an id from ${String(LOWEST_ID)} on`;
  return [
    ...wrong((own.runAsNonRoot ?? shared.runAsNonRoot) !== true, `may run as root ${where}`, "runAsNonRoot: true"),
    ...wrong(user < LOWEST_ID, `runs with a low or unknown user id ${where}`, `runAsUser: ${ids}`),
    ...wrong(group < LOWEST_ID, `runs with a low or unknown group id ${where}`, `runAsGroup: ${ids}`),
    ...wrong(own.allowPrivilegeEscalation !== false, `may gain privileges ${where}`, "allowPrivilegeEscalation: false"),
    ...wrong(!dropsAll || added.length > 0, `keeps capabilities ${where}`, 'capabilities.drop: ["ALL"] and no add'),
    ...wrong(
      profile !== "RuntimeDefault",
      `has not the default system call filter ${where}`,
      "seccompProfile.type: RuntimeDefault",
    ),
    ...wrong(
      own.readOnlyRootFilesystem !== true,
      `can change its image's files ${where}`,
      "readOnlyRootFilesystem: true, and an emptyDir for each folder it writes to",
    ),
    ...wrong(own.privileged === true, `is privileged ${where}`, "privileged: false"),
    ...wrong(
      ![undefined, "Default"].includes(own.procMount ?? undefined),
      `sees an unmasked /proc ${where}`,
      "procMount: Default",
    ),
    ...wrong(armour === "Unconfined", `switches AppArmor off ${where}`, "appArmorProfile.type: RuntimeDefault"),
    ...wrong(isWindowsHost, `runs as a process of the node ${where}`, "windowsOptions.hostProcess: false"),
    ...wrong(
      (container.ports ?? []).some(({ hostPort }) => (hostPort ?? 0) !== 0),
      `takes a port of the node ${where}`,
      "no hostPort",
    ),
  ];
}

/** A claim is made writable for the pod's group; otherwise only root could write to it. */
function claimFaults({ kind, content }: PolicyObject, pod: PodSpec): Fault[] {
  const { volumeClaimTemplates } = (content.spec ?? {}) as { volumeClaimTemplates?: readonly unknown[] | null };
  const hasClaim =
    (kind === "StatefulSet" && (volumeClaimTemplates ?? []).length > 0) ||
    (pod.volumes ?? []).some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral);
  const { fsGroup, fsGroupChangePolicy } = pod.securityContext ?? {};
  return [
    ...wrong(
      hasClaim && (fsGroup ?? 0) < LOWEST_ID,
      "mounts a claim its group cannot write to",
      `fsGroup: an id from ${String(LOWEST_ID)} on`,
    ),
    ...wrong(
      hasClaim && fsGroupChangePolicy !== "OnRootMismatch",
      "has every file of a claim changed at each start",
      "fsGroupChangePolicy: OnRootMismatch",
    ),
  ];
}

function volumeFaults({ volumes }: PodSpec): Fault[] {
  return (volumes ?? []).flatMap((volume) => {
    const isKnown = VOLUME_SOURCES.some((source) => (volume[source] ?? undefined) !== undefined);
    const isUnlimited =
      (volume.emptyDir ?? undefined) !== undefined && (volume.emptyDir?.sizeLimit ?? undefined) === undefined;
    return [
      ...wrong(
        !isKnown,
        `mounts a part of the node, or a volume of a kind that is not allowed, as ${volume.name}`,
        `one of ${VOLUME_SOURCES.join(", ")}`,
      ),
      ...wrong(isUnlimited, `has a folder without a limit, ${volume.name}`, "emptyDir.sizeLimit"),
    ];
  });
}

function wrong(isWrong: boolean, fact: string, field: string): Fault[] {
  return isWrong ? [{ fact, instead: `Set ${field}.` }] : [];
}
