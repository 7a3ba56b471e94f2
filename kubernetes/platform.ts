/** What all components share. */
import type * as pulumi from "@pulumi/pulumi";
import type { CaBundle } from "../config/schema/network";
import type { Images } from "../config/schema/platform";
import type { Revisions } from "./revisions";

/** The only word of the platform in this folder: what its objects are part of, and how their names begin. */
export const PLATFORM = "vapora";

/** What every component needs to know of the platform it belongs to. */
export interface Platform {
  /** Namespace every object lives in. */
  readonly namespace: pulumi.Input<string>;
  /** Where images come from. */
  readonly images: Images;
  /** Protect what holds data from deletion: the namespace, claims and generated credentials. */
  readonly dataProtection: boolean;
  /** Certificate authorities the services trust. @default - those in their images */
  readonly caBundle?: CaBundle | undefined;
  /** Revisions of secret values, which roll the pods that use them. */
  readonly revisions: Revisions;
}

/** Leaves an object's own await out; the workload that uses it is awaited and tells more. */
export const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" } as const;
