/** A stack that is deployed to be tried out. */
import type { Recording } from "../../recording/recording";
import type { Cluster } from "../../cluster/kubectl";

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
  /** Folder of the project that pulumi runs, with its stack file, passphrase and state. */
  readonly folder: string;
  /** Folder of the engine's state; stacks that refer to each other share one. @default - in `folder` */
  readonly state?: string;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}
