/** The two ways to deploy a stack for trying it out, and what they share. */
import type { Json, Recording } from "../offline/recording";
import type { Cluster } from "./kubectl";

/** A stack on its way to a cluster. */
export interface Deployment {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  /** Config for this run by full key: the stack's without its secrets, and this cluster. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Placeholders for the stack's secrets by full key. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly recording: Recording;
  readonly cluster: Cluster;
  /** True for the control plane on this machine, where everything is ours. */
  readonly isOwn: boolean;
  /** Folder for what a deployment has to remember. */
  readonly folder: string;
  /** Folder of the engine's state; stacks that refer to each other share one. @default - in `folder` */
  readonly state?: string;
  readonly report: (progress: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A way to deploy. */
export interface Deployer {
  /** Named where a person is told which way was taken, and remembered, since the two do not mix. */
  readonly name: "pulumi" | "kubectl";
  /** The line that tells it. */
  readonly notice: string;
  /** Brings the stack to the cluster and gives its outputs. */
  readonly deploy: (deployment: Deployment) => Promise<Readonly<Record<string, Json>>>;
  /** Takes the stack off the cluster, data and all. */
  readonly remove: (deployment: Omit<Deployment, "recording" | "config" | "secrets">) => Promise<void>;
}
