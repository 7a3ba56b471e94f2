/** What a workload's pods are made from, as far as a change of them is concerned. */
import { at } from "./change";
import type { ObjectState } from "./change";

/** A ConfigMap or Secret that pods read, and which of its keys; none named means all. */
export interface Use {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly keys?: readonly string[];
  /** True where the pods start without it. */
  readonly isOptional: boolean;
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

/** What a Secret for pulling images holds. */
const PULL_SECRET_KEY = ".dockerconfigjson";

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

/** Every ConfigMap and Secret that a workload's pods read. */
export function uses(state: ObjectState): Use[] {
  return podUses(podSpec(state));
}

/** Every ConfigMap and Secret that a pod of this specification reads. */
export function podUses(spec: unknown): Use[] {
  const containers = ["initContainers", "containers"].flatMap((key) => items(spec, key));
  const sources = items(spec, "volumes").flatMap((volume) => [volume, ...items(at(volume, "projected"), "sources")]);
  const values = containers.flatMap((container) => items(container, "env")).map((env) => at(env, "valueFrom"));
  return [
    ...values.flatMap((source) => [
      ...use("ConfigMap", at(source, "configMapKeyRef"), "name", [at(source, "configMapKeyRef", "key")]),
      ...use("Secret", at(source, "secretKeyRef"), "name", [at(source, "secretKeyRef", "key")]),
    ]),
    ...containers
      .flatMap((container) => items(container, "envFrom"))
      .flatMap((from) => [
        ...use("ConfigMap", at(from, "configMapRef"), "name"),
        ...use("Secret", at(from, "secretRef"), "name"),
      ]),
    ...sources.flatMap((source) => [
      ...use("ConfigMap", at(source, "configMap"), "name", itemKeys(at(source, "configMap"))),
      ...use("Secret", at(source, "secret"), "secretName", itemKeys(at(source, "secret"))),
      ...use("Secret", at(source, "secret"), "name", itemKeys(at(source, "secret"))),
    ]),
    ...items(spec, "imagePullSecrets").flatMap((reference) => use("Secret", reference, "name", [PULL_SECRET_KEY])),
  ];
}

/** The reference as a use, if it is one: it has a name under `nameKey`. */
function use(kind: Use["kind"], reference: unknown, nameKey: string, keys: readonly unknown[] = []): Use[] {
  const name = at(reference, nameKey);
  if (typeof name !== "string") return [];
  const named = keys.length === 0 ? {} : { keys: keys.map(String) };
  return [{ kind, name, ...named, isOptional: at(reference, "optional") === true }];
}

function itemKeys(source: unknown): unknown[] {
  return items(source, "items").map(({ key }) => key);
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
