import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../kubernetes/platform";
import type { WorkloadSettings } from "../../config/schema/workloads";
import { SurrealImport } from "./import-job";
import type { DatabaseLogin } from "./import-job";

const SCRIPT = "users.surql";

export interface RotationArgs extends Platform, WorkloadSettings {
  /** What must be up first. */
  readonly startAfter: pulumi.Resource;
  /** Which rotations of user and root this is for. */
  readonly rotation: readonly [user: number, root: number];
  /** As root: nobody else may define users. */
  readonly login: DatabaseLogin;
  /** The Secret with the key `users.surql`. */
  readonly secretName: pulumi.Input<string>;
}

/**
 * The Job that gives a running database its users' new passwords before any pod is handed them. One per rotation. It
 * signs in as root, so it also fails where the database has not taken root's new password from its start-up file.
 */
export class Rotation extends SurrealImport {
  public constructor(name: string, args: RotationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { secretName, startAfter, rotation } = args;
    const volume = { name: "script", secret: { secretName, items: [{ key: SCRIPT, path: SCRIPT }] } };
    super(
      "vapora:index:Rotation",
      name,
      {
        ...args,
        container: "rotation",
        startAfter: [startAfter],
        content: rotation.join("."),
        script: { volume, file: SCRIPT },
      },
      opts,
    );
  }
}
