import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * Revisions of secret values: a text that changes when the value does, and tells nothing else about it. The digest is
 * keyed with random bytes that only the stack's state holds, so that not even a weak secret can be guessed from it.
 */
export class Revisions extends pulumi.ComponentResource {
  private readonly key: pulumi.Output<string>;

  public constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Revisions", name, {}, opts);
    this.key = new random.RandomBytes(`${name}-key`, { length: 32 }, { parent: this }).base64;
    this.registerOutputs({});
  }

  /** The revision of a value: open, though the value is secret. */
  public of(value: pulumi.Input<string>): pulumi.Output<string> {
    const digest = pulumi
      .all([this.key, value])
      .apply(([key, text]) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("hex").slice(0, 16));
    return pulumi.unsecret(digest);
  }
}

/** One revision for several by name. Nothing for none. */
export function combinedRevision(
  revisions: Readonly<Record<string, pulumi.Input<string>>>,
): pulumi.Output<string> | undefined {
  if (Object.keys(revisions).length === 0) return undefined;
  return pulumi.output(revisions).apply((known) => {
    const sorted = Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
  });
}
