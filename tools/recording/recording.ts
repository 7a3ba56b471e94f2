/** What a run of the program registered, without an engine. Everything offline is a function over this. */

/** A plain value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Where a value stands inside its object, e.g. `["stringData", "database-url"]`. */
export type Path = readonly string[];

/** Stands for a value that a pinned cluster would have been asked for. */
export const UNREAD = "(known once the cluster is read)";

/** One resource, as the program registered it. */
export interface RecordedResource {
  readonly urn: string;
  /** Type token, e.g. `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** False for components. */
  readonly custom: boolean;
  /** URN of the parent; none for the stack itself. */
  readonly parent?: string;
  /** Inputs; secret ones hold made-up values, never real ones. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** Where inputs are marked secret. */
  readonly secretInputs: readonly Path[];
  /** URNs this resource waits for. */
  readonly dependencies: readonly string[];
  /** URNs each input's value comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** URN of the provider resource. */
  readonly provider?: string;
  /** Every option that was set, by its name in the resource monitor's protocol. */
  readonly options: Readonly<Record<string, Json>>;
  /** Outputs that a component registered. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly secretOutputs: readonly Path[];
}

/** What a stack tells others. */
export type StackOutputs = Pick<Recording, "outputs" | "secretOutputs">;

/** All of a run. */
export interface Recording {
  readonly project: string;
  readonly stack: string;
  /** In the order of registration. */
  readonly resources: readonly RecordedResource[];
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly secretOutputs: readonly Path[];
}

/** A Kubernetes object. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: Json | undefined };
  readonly [key: string]: unknown;
}

/** The Kubernetes objects of a recording, in the order of registration. */
export function kubernetesObjects(
  recording: Recording,
): { readonly resource: RecordedResource; readonly object: KubernetesObject }[] {
  return recording.resources
    .filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))
    .map((resource) => ({ resource, object: resource.inputs as unknown as KubernetesObject }));
}
