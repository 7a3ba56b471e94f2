/** Whether every reference between a stack's objects resolves inside the stack. */
import type { Json, KubernetesObject, Recording } from "../../offline/recording";
import { kubernetesObjects } from "../../offline/recording";

type Labels = Readonly<Record<string, string>>;

interface Container {
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
  }[];
}

interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly configMap?: { readonly name: string };
      readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
}

/** What lies outside the stack and may be referred to all the same. */
export interface Declared {
  /** Hosts of external data services. */
  readonly hosts?: readonly string[];
  /** Namespaces made elsewhere. */
  readonly namespaces?: readonly string[];
}

/** One sentence per reference that leads nowhere. */
export function brokenReferences(recording: Recording, declared: Declared = {}): string[] {
  const objects = kubernetesObjects(recording).map(({ object }) => object);
  const find = (kind: string, name: string): KubernetesObject | undefined =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const need = (who: string, kind: string, name: string): string[] =>
    find(kind, name) === undefined ? [`${who} needs ${kind} ${name}`] : [];
  const needKey = (who: string, name: string, key: string): string[] => {
    const keys = Object.keys(find("Secret", name)?.stringData ?? {});
    return keys.includes(key) ? [] : [`${who} needs key ${key} of Secret ${name}`];
  };
  const needHosts = (who: string, text: string): string[] =>
    hostsIn(text)
      .filter((host) => !(declared.hosts ?? []).includes(host))
      .filter((host) => {
        const [service = "", namespace] = host.split(".");
        return find("Service", service)?.metadata.namespace !== namespace;
      })
      .map((host) => `${who} needs a Service behind ${host}`);

  const pods = objects.flatMap((object) => {
    const template = podTemplate(object);
    return template === undefined ? [] : [{ who: `${object.kind} ${object.metadata.name}`, object, template }];
  });

  return [
    ...objects.flatMap(({ kind, metadata: { name, namespace } }) =>
      namespace === undefined || (declared.namespaces ?? []).includes(namespace)
        ? []
        : need(`${kind} ${name}`, "Namespace", namespace),
    ),
    ...pods.flatMap(({ who, object, template }) => {
      const { spec } = template;
      const env = spec.containers.flatMap((container) => container.env ?? []);
      const { serviceName } = object.spec as { serviceName?: string };
      return [
        ...need(who, "ServiceAccount", spec.serviceAccountName),
        ...(serviceName === undefined ? [] : need(who, "Service", serviceName)),
        ...(spec.volumes ?? []).flatMap((volume) => [
          ...(volume.configMap === undefined ? [] : need(who, "ConfigMap", volume.configMap.name)),
          ...(volume.persistentVolumeClaim === undefined
            ? []
            : need(who, "PersistentVolumeClaim", volume.persistentVolumeClaim.claimName)),
          ...(volume.secret?.items ?? []).flatMap(({ key }) => needKey(who, volume.secret?.secretName ?? "", key)),
        ]),
        ...env.flatMap(({ value, valueFrom }) => [
          ...(value === undefined ? [] : needHosts(who, value)),
          ...(valueFrom?.secretKeyRef === undefined
            ? []
            : needKey(who, valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key)),
        ]),
      ];
    }),
    ...objects
      .filter(({ kind }) => kind === "Secret")
      .flatMap((secret) =>
        Object.values((secret.stringData ?? {}) as Labels).flatMap((value) =>
          needHosts(`Secret ${secret.metadata.name}`, value),
        ),
      ),
    ...objects
      .filter(({ kind }) => kind === "Service")
      .flatMap(({ metadata: { name }, spec }) => {
        const selector = (spec as { readonly selector: Labels }).selector;
        return pods.some((pod) => selects(selector, pod)) ? [] : [`Service ${name} needs pods that it selects`];
      }),
    ...needHosts("the stack's outputs", texts(recording.outputs).join(" ")),
    ...outputHosts(recording.outputs).flatMap((host) => needHosts("the stack's outputs", `x://${host}:1`)),
  ];
}

/** The pod template of a Deployment or StatefulSet. */
export function podTemplate({ kind, spec }: KubernetesObject): PodTemplate | undefined {
  return kind === "Deployment" || kind === "StatefulSet"
    ? (spec as { readonly template: PodTemplate }).template
    : undefined;
}

function selects(
  selector: Labels,
  { object, template }: { readonly object: KubernetesObject; readonly template: PodTemplate },
): boolean {
  return Object.entries(selector).every(([key, value]) =>
    key === "statefulset.kubernetes.io/pod-name"
      ? object.kind === "StatefulSet" && value === `${object.metadata.name}-0`
      : template.metadata.labels[key] === value,
  );
}

/** Hosts of the URLs in a text. */
function hostsIn(text: string): string[] {
  return [...text.matchAll(/[a-z]+:\/\/(?:[^@\s/]*@)?([^:/\s]+)/g)].map(([, host]) => host ?? "");
}

function texts(value: Json): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

function outputHosts(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "host" && typeof inner === "string" ? [inner] : outputHosts(inner),
  );
}
