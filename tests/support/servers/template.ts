/** What a container is started with, as the pod template of a recorded workload says it. */
import { parseQuantity } from "../../../config/schema/quantity";
import type { KubernetesObject } from "../../../tools/recording/recording";
import { objectNamed } from "../recordings";

/** Asks a container for its state. */
export interface Probe {
  readonly httpGet?: HttpGet;
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly exec?: { readonly command: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

export interface HttpGet {
  readonly path?: string;
  readonly port: number | string;
  readonly scheme?: string;
  readonly host?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

export type ProbeKind = "startup" | "readiness" | "liveness";

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

/** A container of a pod template. */
export interface TemplateContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly unknown[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources?: { readonly limits?: { readonly memory?: string } };
  readonly securityContext?: SecurityContext;
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: {
    readonly preStop?: Pick<Probe, "exec" | "httpGet"> & { readonly sleep?: { readonly seconds: number } };
  };
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

export interface Volume {
  readonly name: string;
  readonly secret?: {
    readonly secretName: string;
    readonly items?: readonly KeyToPath[];
    readonly defaultMode?: number;
  };
  readonly configMap?: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly defaultMode?: number };
  readonly emptyDir?: { readonly medium?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly TemplateContainer[];
    readonly initContainers?: readonly TemplateContainer[];
    readonly volumes?: readonly Volume[];
    readonly securityContext?: SecurityContext;
    readonly restartPolicy?: "Always" | "OnFailure" | "Never";
    readonly terminationGracePeriodSeconds?: number;
  };
}

/** One container of a workload, with all that Kubernetes would have filled in. */
export interface ContainerSpec {
  readonly container: TemplateContainer;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: readonly Volume[];
  readonly uid: number;
  readonly gid: number;
  readonly fsGroup: number | undefined;
  readonly groups: readonly number[];
  readonly isRootReadOnly: boolean;
  readonly allowsPrivilegeEscalation: boolean;
  readonly dropsCapabilities: boolean;
  /** Bytes. */
  readonly memoryLimit: number | undefined;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly graceSeconds: number;
}

/** Who the pod is. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

/** The pod template of a workload. @throws Error if it has none */
export function templateOf({ kind, metadata, spec }: KubernetesObject): Template {
  const { template } = (spec ?? {}) as { readonly template?: Template };
  if (template === undefined) throw new Error(`${kind} ${metadata.name} has no pod template`);
  return template;
}

/**
 * Reads one container of a workload's template.
 * @param name The container. @default - the only one
 * @throws Error for what this does not know: nothing of a template is left out without a word
 */
export function containerOf(
  workload: KubernetesObject,
  objects: readonly KubernetesObject[],
  pod: PodIdentity,
  name?: string,
): ContainerSpec {
  const { spec } = templateOf(workload);
  const [container, ...others] = spec.containers.filter((one) => name === undefined || one.name === name);
  if (container === undefined || others.length > 0 || (spec.initContainers ?? []).length > 0) {
    throw new Error(`${workload.metadata.name}: name one of its containers; initContainers are not run here`);
  }
  if ((container.envFrom ?? []).length > 0) throw new Error(`${container.name}: envFrom is not known here`);
  const security = { ...spec.securityContext, ...container.securityContext };
  if ((security.capabilities?.add ?? []).length > 0) throw new Error(`${container.name}: it adds capabilities`);
  const env = environment(container, objects, pod);
  const expanded = (texts: readonly string[]): string[] => texts.map((text) => expand(text, env));
  const memory = container.resources?.limits?.memory;
  return {
    container,
    command: container.command === undefined ? undefined : expanded(container.command),
    args: expanded(container.args ?? []),
    env,
    volumes: [...(spec.volumes ?? []), ...claimVolumes(workload, pod.name)],
    uid: security.runAsUser ?? 0,
    gid: security.runAsGroup ?? 0,
    fsGroup: security.fsGroup,
    groups: [...(security.supplementalGroups ?? []), ...(security.fsGroup === undefined ? [] : [security.fsGroup])],
    isRootReadOnly: security.readOnlyRootFilesystem === true,
    allowsPrivilegeEscalation: security.allowPrivilegeEscalation !== false,
    dropsCapabilities: security.capabilities?.drop?.includes("ALL") === true,
    memoryLimit: memory === undefined ? undefined : parseQuantity(memory),
    restartPolicy: spec.restartPolicy ?? "Always",
    graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
  };
}

/** Claims that a StatefulSet makes for each of its pods. */
function claimVolumes({ spec }: KubernetesObject, pod: string): Volume[] {
  const { volumeClaimTemplates = [] } = spec as {
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
  return volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${pod}` },
  }));
}

function environment(
  { name: container, env = [] }: TemplateContainer,
  objects: readonly KubernetesObject[],
  pod: PodIdentity,
): Record<string, string> {
  const fields: Readonly<Record<string, string>> = {
    "metadata.name": pod.name,
    "metadata.namespace": pod.namespace,
    "status.podIP": pod.address,
  };
  const values: Record<string, string> = {};
  for (const { name, value, valueFrom = {} } of env) {
    const { secretKeyRef: secret, configMapKeyRef: config, fieldRef: field } = valueFrom;
    const found =
      secret !== undefined
        ? dataOf(objectNamed(objects, "Secret", secret.name))[secret.key]?.toString()
        : config !== undefined
          ? dataOf(objectNamed(objects, "ConfigMap", config.name))[config.key]?.toString()
          : field !== undefined
            ? fields[field.fieldPath]
            : Object.keys(valueFrom).length === 0
              ? expand(value ?? "", values)
              : undefined;
    if (found === undefined) throw new Error(`${container}: there is no value for the variable ${name}`);
    values[name] = found;
  }
  return values;
}

/** What a Secret or a ConfigMap holds, by key. */
export function dataOf(object: KubernetesObject): Record<string, Buffer> {
  const {
    data = {},
    stringData = {},
    kind,
  } = object as unknown as {
    readonly kind: string;
    readonly data?: Readonly<Record<string, string>>;
    readonly stringData?: Readonly<Record<string, string>>;
  };
  const encoding = kind === "Secret" ? "base64" : "utf8";
  return Object.fromEntries([
    ...Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)] as const),
    ...Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value)] as const),
  ]);
}

/** `$(NAME)` is replaced by a variable, if there is one; `$$` is a dollar. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name?: string) => (name === undefined ? "$" : (env[name] ?? all)));
}
