import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** Annotation of every object: which stack it belongs to. */
export const STACK_MARK = "vapora.dev/stack";

/**
 * What tells a stack's own objects from others of the same name: a random id that only the stack's state holds, as an
 * annotation on each. A name would not do: two people may each have a stack `dev` in a backend of their own.
 */
export class StackMark extends pulumi.ComponentResource {
  private readonly id: pulumi.Output<string>;

  public constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:StackMark", name, {}, opts);
    this.id = new random.RandomUuid(name, {}, { parent: this }).result;
    this.registerOutputs({});
  }

  /** Marks the Kubernetes objects among a resource's descendants; to be given as one of its `transformations`. */
  public readonly transformation: pulumi.ResourceTransformation = ({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:")) return undefined;
    const { metadata, ...rest } = props as { metadata: Metadata };
    const annotations = { ...metadata.annotations, [STACK_MARK]: this.id };
    return { props: { ...rest, metadata: { ...metadata, annotations } }, opts };
  };
}

/** Components write it in place: neither is an output as a whole. */
interface Metadata {
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
}
