/** What a workload's pods are made from, as far as a change of them is concerned. */
import { at } from "./change";
import type { ObjectState } from "./change";

/** A ConfigMap or Secret that pods read, and which of its keys; none named means all. */
export interface Use {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly keys?: readonly string[];
}

type Item = Readonly<Record<string, unknown>>;

const POD_TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** Kinds whose controller replaces the pods when the template changes. */
export const ROLLING_KINDS = ["Deployment", "StatefulSet", "DaemonSet"];

/** Path of a kind's pod template; nothing for what runs no pods. */
export function templatePath(kind: string): readonly string[] | undefined {
  return POD_TEMPLATES[kind];
}

/** Images by container name. */
export function images(state: ObjectState | undefined): Readonly<Record<string, string>> {
  const containers = ["initContainers", "containers"].flatMap((key) => items(podSpec(state), key));
  return Object.fromEntries(containers.map(({ name, image }) => [String(name), String(image)]));
}

/** Names of the claims the pods mount, and whether each pod has one of its own besides. */
export function storage(state: ObjectState | undefined): { readonly claims: string[]; readonly hasTemplates: boolean } {
  const claims = items(podSpec(state), "volumes").flatMap((volume) => {
    const name = at(volume, "persistentVolumeClaim", "claimName");
    return typeof name === "string" ? [name] : [];
  });
  const templates = at(state?.inputs, "spec", "volumeClaimTemplates");
  return { claims, hasTemplates: Array.isArray(templates) && templates.length > 0 };
}

/** True where the old pods go before the new ones are ready. */
export function hasGap({ inputs }: ObjectState): boolean {
  const { kind } = inputs;
  const replicas = at(inputs, "spec", "replicas") ?? 1;
  if (kind === "Deployment") return replicas !== 0 && at(inputs, "spec", "strategy", "type") === "Recreate";
  return kind === "StatefulSet" && replicas === 1;
}

/** True where a changed template changes running pods. */
export function rollsByItself({ inputs }: ObjectState): boolean {
  const isHeld = at(inputs, "spec", "updateStrategy", "type") === "OnDelete" || at(inputs, "spec", "paused") === true;
  return !isHeld && at(inputs, "spec", "replicas") !== 0;
}

/** Every ConfigMap and Secret the pods read. */
export function uses(state: ObjectState): Use[] {
  const spec = podSpec(state);
  const containers = ["initContainers", "containers"].flatMap((key) => items(spec, key));
  const sources = items(spec, "volumes").flatMap((volume) => [volume, ...items(at(volume, "projected"), "sources")]);
  return [
    ...containers.flatMap((container) => items(container, "env")).flatMap((env) => fromKey(at(env, "valueFrom"))),
    ...containers
      .flatMap((container) => items(container, "envFrom"))
      .flatMap((from) => [
        use("ConfigMap", at(from, "configMapRef", "name")),
        use("Secret", at(from, "secretRef", "name")),
      ])
      .flat(),
    ...sources.flatMap((source) => [
      ...use("ConfigMap", at(source, "configMap", "name"), items(at(source, "configMap"), "items")),
      ...use("Secret", at(source, "secret", "secretName"), items(at(source, "secret"), "items")),
      ...use("Secret", at(source, "secret", "name"), items(at(source, "secret"), "items")),
    ]),
    ...items(spec, "imagePullSecrets").flatMap(({ name }) => use("Secret", name)),
  ];
}

function fromKey(source: unknown): Use[] {
  const one = (kind: Use["kind"], reference: unknown): Use[] =>
    use(kind, at(reference, "name"), [{ key: at(reference, "key") }]);
  return [...one("ConfigMap", at(source, "configMapKeyRef")), ...one("Secret", at(source, "secretKeyRef"))];
}

function use(kind: Use["kind"], name: unknown, keys: readonly Item[] = []): Use[] {
  if (typeof name !== "string") return [];
  return [{ kind, name, ...(keys.length === 0 ? {} : { keys: keys.map(({ key }) => String(key)) }) }];
}

function podSpec(state: ObjectState | undefined): unknown {
  const kind = state?.inputs.kind;
  const path = typeof kind === "string" ? templatePath(kind) : undefined;
  return path === undefined ? undefined : at(state?.inputs, ...path, "spec");
}

function items(value: unknown, key: string): Item[] {
  const found = at(value, key);
  return Array.isArray(found) ? (found as Item[]) : [];
}
