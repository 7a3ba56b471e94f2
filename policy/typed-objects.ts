/** Kubernetes objects as the rules read them: only fields a rule names, each of the type Kubernetes gives it. */
import { z } from "zod";

/** A plain value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A resource as a recording and CrossGuard both know it. */
export interface Subject {
  readonly urn: string;
  /** Type token, e.g. `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Options that were set, by their name in the resource monitor's protocol. */
  readonly options: Readonly<Record<string, Json>>;
  /** Where inputs are marked secret. @default - not known */
  readonly secretInputs?: readonly (readonly string[])[];
  /** @default - not known */
  readonly outputs?: Readonly<Record<string, Json>>;
}

/** A Kubernetes object and the resource that makes it. */
export interface PolicyObject {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** `<kind> <name>`, as messages name it. */
  readonly title: string;
  readonly options: Subject["options"];
  /** The whole object. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Where the object holds a value that the program marks secret; unknown under CrossGuard. */
  readonly secretPaths: readonly (readonly string[])[];
}

const head = z.object({
  kind: z.string().min(1),
  metadata: z.object({ name: z.string().min(1), namespace: z.string().nullish() }),
});

/** The object could not be read; the rule that wanted to has found nothing wrong and nothing right. */
export class UnknownShape extends Error {}

/**
 * The Kubernetes objects of a resource; none for resources of other providers.
 * @throws UnknownShape if it is a Kubernetes resource and no object, such as a Helm release: what it makes is not seen.
 */
export function objectsOf(subject: Subject): PolicyObject[] {
  if (!subject.type.startsWith("kubernetes:")) return [];
  const { items, kind } = subject.inputs;
  const contents = Array.isArray(items) && typeof kind === "string" && kind.endsWith("List") ? items : [subject.inputs];
  return contents.map((content) => {
    const { kind: named, metadata } = read(head, content, `the object of ${subject.type}`);
    return {
      urn: subject.urn,
      kind: named,
      name: metadata.name,
      namespace: metadata.namespace ?? undefined,
      title: `${named} ${metadata.name}`,
      options: subject.options,
      content: content as Readonly<Record<string, unknown>>,
      secretPaths: subject.secretInputs ?? [],
    };
  });
}

/** Reads a part of an object. @throws UnknownShape that names the field and never its value. */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  throw new UnknownShape(`${what} has a form that is not known${path === "" ? "" : ` at ${path}`}`);
}
