/** Pods, wherever an object holds one. */
import { z } from "zod";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";

const named = z.object({ name: z.string().nullish() });
const secretKey = z.object({ name: z.string().nullish(), key: z.string(), optional: z.boolean().nullish() });
const keyPath = z.object({ key: z.string(), path: z.string() });

const sharedSecurity = {
  runAsNonRoot: z.boolean().nullish(),
  runAsUser: z.number().nullish(),
  runAsGroup: z.number().nullish(),
  seccompProfile: z.object({ type: z.string() }).nullish(),
  appArmorProfile: z.object({ type: z.string() }).nullish(),
  windowsOptions: z.object({ hostProcess: z.boolean().nullish() }).nullish(),
};

const container = z.object({
  name: z.string(),
  image: z.string().nullish(),
  command: z.array(z.string()).nullish(),
  args: z.array(z.string()).nullish(),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().nullish(),
        valueFrom: z.object({ secretKeyRef: secretKey.nullish(), configMapKeyRef: secretKey.nullish() }).nullish(),
      }),
    )
    .nullish(),
  envFrom: z.array(z.object({ configMapRef: named.nullish(), secretRef: named.nullish() })).nullish(),
  ports: z.array(z.object({ hostPort: z.number().nullish() })).nullish(),
  securityContext: z
    .object({
      ...sharedSecurity,
      allowPrivilegeEscalation: z.boolean().nullish(),
      privileged: z.boolean().nullish(),
      readOnlyRootFilesystem: z.boolean().nullish(),
      procMount: z.string().nullish(),
      capabilities: z.object({ add: z.array(z.string()).nullish(), drop: z.array(z.string()).nullish() }).nullish(),
    })
    .nullish(),
});

/** Sources of a volume, each with what the rules ask of it. */
const volumeSources = {
  configMap: z.object({ name: z.string().nullish(), items: z.array(keyPath).nullish() }),
  csi: z.object({}),
  downwardAPI: z.object({}),
  emptyDir: z.object({ sizeLimit: z.union([z.string(), z.number()]).nullish() }),
  ephemeral: z.object({}),
  persistentVolumeClaim: z.object({ claimName: z.string() }),
  projected: z.object({
    sources: z
      .array(
        z.object({
          configMap: z.object({ name: z.string().nullish(), items: z.array(keyPath).nullish() }).nullish(),
          secret: z.object({ name: z.string().nullish(), items: z.array(keyPath).nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
  secret: z.object({ secretName: z.string().nullish(), items: z.array(keyPath).nullish() }),
};

const volume = z.object({
  name: z.string(),
  ...Object.fromEntries(Object.entries(volumeSources).map(([name, source]) => [name, source.nullish()])),
}) as unknown as z.ZodType<Volume>;

/** A volume with one of the sources the Pod Security Standards call restricted; any other source is missing here. */
export type Volume = { readonly name: string } & {
  readonly [K in keyof typeof volumeSources]?: z.infer<(typeof volumeSources)[K]> | null;
};

/** Names of those sources. */
export const VOLUME_SOURCES = Object.keys(volumeSources) as readonly (keyof typeof volumeSources)[];

const podSpec = z.object({
  containers: z.array(container).min(1),
  initContainers: z.array(container).nullish(),
  ephemeralContainers: z.array(container).nullish(),
  volumes: z.array(volume).nullish(),
  imagePullSecrets: z.array(named).nullish(),
  serviceAccountName: z.string().nullish(),
  automountServiceAccountToken: z.boolean().nullish(),
  enableServiceLinks: z.boolean().nullish(),
  hostNetwork: z.boolean().nullish(),
  hostPID: z.boolean().nullish(),
  hostIPC: z.boolean().nullish(),
  securityContext: z
    .object({
      ...sharedSecurity,
      fsGroup: z.number().nullish(),
      fsGroupChangePolicy: z.string().nullish(),
      sysctls: z.array(z.object({})).nullish(),
    })
    .nullish(),
});

export type PodSpec = z.infer<typeof podSpec>;
export type Container = z.infer<typeof container>;

/** Where each kind holds its pod. */
const POD_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** Kinds that hold none. */
const WITHOUT_PODS: readonly string[] = [
  ...["Namespace", "ServiceAccount", "ConfigMap", "Secret", "Service", "PersistentVolumeClaim", "StorageClass"],
  ...["NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ResourceQuota", "LimitRange"],
  ...["Ingress", "HTTPRoute", "ExternalSecret", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
];

/**
 * The pods an object holds: one for each kind that runs any. In a kind that is not known, everything with a list of
 * containers counts.
 * @throws UnknownShape
 */
export function podsOf(object: PolicyObject): PodSpec[] {
  const path = POD_PATHS[object.kind];
  if (path !== undefined) {
    const at = path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), object.content);
    return [read(podSpec, at, object.title)];
  }
  if (WITHOUT_PODS.includes(object.kind)) return [];
  return withContainers(object.content).map((found) => read(podSpec, found, object.title));
}

/** Every container of a pod, those that run before it and those for debugging included. */
export function containersOf(pod: PodSpec): Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers, ...(pod.ephemeralContainers ?? [])];
}

function withContainers(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(withContainers);
  if (!isMapping(value)) return [];
  if (Array.isArray(value.containers)) return [value];
  return Object.values(value).flatMap(withContainers);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
