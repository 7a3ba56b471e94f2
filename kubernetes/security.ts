/** What every pod and container is denied: the Pod Security Standard `restricted`, and a read-only root besides. */
import type * as k8s from "@pulumi/kubernetes";
import type { WorkloadSettings } from "../config/schema/workloads";

/**
 * Security context of a pod. Volumes are made writable for the group.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurity({ user, group }: WorkloadSettings["runAs"]): k8s.types.input.core.v1.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: group,
    fsGroup: group,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Security context of every container. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const satisfies k8s.types.input.core.v1.SecurityContext;

/** The version of the standard that the objects were proven on: a newer cluster must not refuse pods it has not seen. */
const STANDARD = "v1.35";

/** Labels that make the API server refuse whatever is not `restricted`. */
export const RESTRICTED_NAMESPACE = Object.fromEntries(
  ["enforce", "audit", "warn"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, STANDARD],
  ]),
);
