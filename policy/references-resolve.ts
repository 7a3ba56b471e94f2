import { z } from "zod";
import { hostsOf, textsIn } from "./hosts";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";
import { containersOf, podsOf } from "./pod-templates";
import type { PodSpec } from "./pod-templates";
import type { Finding, StackRule } from "./policy-rule";
import { labelSelector, selects, templateOf } from "./selectors";
import type { PolicySettings } from "./pack-settings";

const ports = z.array(z.object({ name: z.string().nullish(), port: z.number() }));
const schemas = {
  service: z.object({
    type: z.string().nullish(),
    selector: z.record(z.string(), z.string()).nullish(),
    ports: ports.nullish(),
  }),
  statefulSet: z.object({ serviceName: z.string().nullish() }),
  networkPolicy: z.object({ podSelector: labelSelector }),
  budget: z.object({ selector: labelSelector }),
  autoscaler: z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) }),
  ingress: z.object({
    rules: z
      .array(
        z.object({
          http: z
            .object({
              paths: z.array(
                z.object({
                  backend: z.object({
                    service: z.object({
                      name: z.string(),
                      port: z.object({ name: z.string().nullish(), number: z.number().nullish() }),
                    }),
                  }),
                }),
              ),
            })
            .nullish(),
        }),
      )
      .nullish(),
  }),
  route: z.object({
    rules: z.array(
      z.object({ backendRefs: z.array(z.object({ name: z.string(), port: z.number().nullish() })).nullish() }),
    ),
  }),
  externalSecret: z.object({
    target: z.object({ name: z.string() }),
    data: z.array(z.object({ secretKey: z.string() })).nullish(),
  }),
};
const keyed = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  stringData: z.record(z.string(), z.unknown()).nullish(),
});

/** Something an object needs, as the rest of a sentence. */
type Need = string;

/** Every name that leads to another object leads to one of the stack, or is declared to lie outside. */
export const referencesResolve: StackRule = {
  name: "references-resolve",
  why: "Kubernetes accepts a name that leads nowhere, and the pod then waits for ever or the traffic ends there.",
  scope: "stack",
  check: (objects, resources, settings) => {
    const stack = new Stack(objects, settings);
    const instead =
      "Make it in the stack, correct the name, or name what lies outside under 'declared' in the policy's settings.";
    const found = objects.flatMap((object) =>
      [...new Set(needsOf(stack, object))].map((need): Finding => ({ object, fact: `needs ${need}`, instead })),
    );
    const outputs = resources.flatMap(({ outputs: values }) => hostsOf(values ?? {}, true));
    const [first] = objects;
    const unknown = [...new Set(outputs)].filter((host) => !stack.hasHost(host));
    if (first === undefined) return found;
    return [
      ...found,
      ...unknown.map((host) => ({ object: first, fact: `is in a stack whose outputs name the host ${host}`, instead })),
    ];
  },
};

/** What is in a stack, and what is declared to lie outside. */
class Stack {
  public constructor(
    private readonly objects: readonly PolicyObject[],
    private readonly settings: PolicySettings,
  ) {}

  public find(kind: string, name: string, namespace?: string): PolicyObject | undefined {
    return this.objects.find(
      (object) =>
        object.kind === kind && object.name === name && (namespace === undefined || object.namespace === namespace),
    );
  }

  /** What is missing of an object beside `user`; empty if it is there. */
  public need({ namespace }: PolicyObject, kind: string, name: string): Need[] {
    return this.find(kind, name, namespace) === undefined ? [`${kind} ${name}`] : [];
  }

  public needNamespace(name: string): Need[] {
    const isThere = this.find("Namespace", name) !== undefined || this.settings.declared.namespaces.includes(name);
    return isThere ? [] : [`Namespace ${name}`];
  }

  /** A Secret or ConfigMap, and keys of it; a Secret may be declared, or be made from an ExternalSecret. */
  public needKeys(
    { namespace }: PolicyObject,
    kind: "Secret" | "ConfigMap",
    name: string,
    keys: readonly string[],
  ): Need[] {
    if (kind === "Secret" && this.settings.declared.secrets.includes(name)) return [];
    const known = this.keys(kind, name, namespace);
    if (known === undefined) return [`${kind} ${name}`];
    return keys.filter((key) => !known.includes(key)).map((key) => `the key ${key} of ${kind} ${name}`);
  }

  public hasHost(host: string): boolean {
    if (this.settings.declared.hosts.includes(host)) return true;
    const parts = host.replace(/\.svc(\.cluster\.local)?$/, "").split(".");
    const [namespace = "", service = ""] = parts.reverse();
    return this.find("Service", service, namespace) !== undefined;
  }

  public hasPods(selector: z.infer<typeof labelSelector>, { namespace }: PolicyObject): boolean {
    return this.objects.some((object) => object.namespace === namespace && selects(selector, templateOf(object)));
  }

  private keys(kind: "Secret" | "ConfigMap", name: string, namespace: string | undefined): string[] | undefined {
    const made = this.find(kind, name, namespace);
    if (made !== undefined) {
      const { data, stringData } = read(keyed, made.content, made.title);
      return [...Object.keys(data ?? {}), ...Object.keys(stringData ?? {})];
    }
    const brought = this.objects
      .filter((object) => kind === "Secret" && object.kind === "ExternalSecret" && object.namespace === namespace)
      .map((object) => read(schemas.externalSecret, object.content.spec, object.title))
      .find(({ target }) => target.name === name);
    return brought?.data?.map(({ secretKey }) => secretKey);
  }
}

function needsOf(stack: Stack, object: PolicyObject): Need[] {
  const { namespace } = object;
  return [
    ...(namespace === undefined ? [] : stack.needNamespace(namespace)),
    ...podsOf(object).flatMap((pod) => podNeeds(stack, object, pod)),
    ...(byKind[object.kind]?.(stack, object) ?? []),
  ];
}

/** What a pod needs to start: its account, its volumes, its environment; and the hosts its environment names. */
function podNeeds(stack: Stack, object: PolicyObject, pod: PodSpec): Need[] {
  const secret = (name: string | null | undefined, keys: readonly string[] = []): Need[] =>
    stack.needKeys(object, "Secret", name ?? "", keys);
  const configMap = (name: string | null | undefined, keys: readonly string[] = []): Need[] =>
    stack.needKeys(object, "ConfigMap", name ?? "", keys);
  const keysOf = (source: { readonly items?: readonly { readonly key: string }[] | null | undefined }): string[] =>
    (source.items ?? []).map(({ key }) => key);

  const volumes = (pod.volumes ?? []).flatMap((volume): Need[] => [
    ...(volume.configMap ? configMap(volume.configMap.name, keysOf(volume.configMap)) : []),
    ...(volume.secret ? secret(volume.secret.secretName, keysOf(volume.secret)) : []),
    ...(volume.persistentVolumeClaim
      ? stack.need(object, "PersistentVolumeClaim", volume.persistentVolumeClaim.claimName)
      : []),
    ...(volume.projected?.sources ?? []).flatMap((source) => [
      ...(source.configMap ? configMap(source.configMap.name, keysOf(source.configMap)) : []),
      ...(source.secret ? secret(source.secret.name, keysOf(source.secret)) : []),
    ]),
  ]);
  const env = containersOf(pod).flatMap((container): Need[] => [
    ...(container.env ?? []).flatMap(({ value, valueFrom }) => [
      ...needHosts(stack, value ?? ""),
      ...(valueFrom?.secretKeyRef ? secret(valueFrom.secretKeyRef.name, [valueFrom.secretKeyRef.key]) : []),
      ...(valueFrom?.configMapKeyRef ? configMap(valueFrom.configMapKeyRef.name, [valueFrom.configMapKeyRef.key]) : []),
    ]),
    ...(container.envFrom ?? []).flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? configMap(configMapRef.name) : []),
      ...(secretRef ? secret(secretRef.name) : []),
    ]),
  ]);
  return [
    ...stack.need(object, "ServiceAccount", pod.serviceAccountName ?? "default"),
    ...(pod.imagePullSecrets ?? []).flatMap(({ name }) => secret(name)),
    ...volumes,
    ...env,
  ];
}

/** What objects need that hold no pod, and what a StatefulSet needs beside its own. */
const byKind: Readonly<Partial<Record<string, (stack: Stack, object: PolicyObject) => Need[]>>> = {
  StatefulSet: (stack, object) => {
    const { serviceName } = read(schemas.statefulSet, object.content.spec, object.title);
    return (serviceName ?? "") === "" ? [] : stack.need(object, "Service", serviceName ?? "");
  },
  Secret: (stack, object) => textsIn([object.content.stringData]).flatMap((text) => needHosts(stack, text)),
  Service: (stack, object) => {
    const { selector, type } = read(schemas.service, object.content.spec, object.title);
    if (type === "ExternalName") return [];
    return stack.hasPods({ matchLabels: selector ?? null }, object) ? [] : ["pods that it selects"];
  },
  NetworkPolicy: (stack, object) => {
    const { podSelector } = read(schemas.networkPolicy, object.content.spec, object.title);
    return stack.hasPods(podSelector, object) ? [] : ["pods that it selects"];
  },
  PodDisruptionBudget: (stack, object) => {
    const { selector } = read(schemas.budget, object.content.spec, object.title);
    return stack.hasPods(selector, object) ? [] : ["pods that it selects"];
  },
  HorizontalPodAutoscaler: (stack, object) => {
    const { scaleTargetRef } = read(schemas.autoscaler, object.content.spec, object.title);
    return stack.need(object, scaleTargetRef.kind, scaleTargetRef.name);
  },
  Ingress: (stack, object) => {
    const { rules } = read(schemas.ingress, object.content.spec, object.title);
    const backends = (rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend.service));
    return backends.flatMap(({ name, port }) => servicePort(stack, object, name, port.name ?? port.number));
  },
  HTTPRoute: (stack, object) => {
    const { rules } = read(schemas.route, object.content.spec, object.title);
    const backends = rules.flatMap(({ backendRefs }) => backendRefs ?? []);
    return backends.flatMap(({ name, port }) => servicePort(stack, object, name, port));
  },
};

function servicePort(
  stack: Stack,
  object: PolicyObject,
  name: string,
  port: string | number | null | undefined,
): Need[] {
  const service = stack.find("Service", name, object.namespace);
  if (service === undefined) return [`Service ${name}`];
  const known = read(schemas.service, service.content.spec, service.title).ports ?? [];
  const isThere = known.some((candidate) => candidate.name === port || candidate.port === port);
  return isThere ? [] : [`the port ${String(port)} of Service ${name}`];
}

function needHosts(stack: Stack, text: string): Need[] {
  const missing = hostsOf(text, false).filter((host) => !stack.hasHost(host));
  return missing.map((host) => `a Service behind the host ${host}`);
}
