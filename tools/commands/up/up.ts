/** `pulumi up` for people who deploy by hand: preview, guard, a question, and then exactly what was previewed. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StackFile } from "../../recording/project";
import { exitCode } from "../../report";
import type { Report } from "../../report";
import { UserError } from "../../shared/user-error";
import type { Waiver } from "../../report/waivers";
import { forgetDeletedJobs } from "./deleted-jobs";
import { expectCluster } from "../../pulumi/pinned-cluster";
import { judgePreview } from "../../report/judge-preview";
import type { Cluster } from "../../cluster/kubectl";
import { previewStack, protectedUrns } from "../../pulumi/preview";
import type { PulumiStack } from "../../pulumi/stack";
import { adviceOn, saidBy } from "../../pulumi/stack";
import { openUnknowns, withoutPlanned } from "../../pulumi/plan";
import { quoted } from "../../shared/shell";

/** A deployment. */
export interface UpOptions {
  readonly file: StackFile;
  readonly pulumi: Pick<PulumiStack, "stack" | "try">;
  /** The cluster the stack goes to. */
  readonly cluster: Cluster;
  readonly waivers: readonly Waiver[];
  /** Ignored folder for the plan, which holds the stack's secrets, sealed. */
  readonly folder: string;
  /** Shows what would be done, before anything is. */
  readonly show: (report: Report) => void;
  /** Whether to go on. Asked only where there is something to do and nothing against it. */
  readonly confirm: () => Promise<boolean>;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How it ended. All but `deployed` changed nothing.
 * - unchanged: there was nothing to do
 * - at-risk: no waiver allows the loss of data
 * - protected: a waiver allows it, and Pulumi still protects the resource
 * - wrong: the waivers or the preview are wrong
 * - declined: the answer was no
 */
export type UpResult = "deployed" | "unchanged" | "at-risk" | "protected" | "wrong" | "declined";

/**
 * Deploys a stack, or changes nothing. What is done is the plan of the preview that was shown: where the program, the
 * config or the state has changed meanwhile, pulumi refuses the rest.
 * @throws UserError if it is not the stack's cluster, or the preview or the update fails; Interrupted.
 */
export async function up(options: UpOptions): Promise<UpResult> {
  const { file, pulumi, cluster, waivers, show, confirm, progress, signal } = options;
  progress((await expectCluster(file, cluster, signal)).message);
  mkdirSync(options.folder, { recursive: true });
  const folder = mkdtempSync(join(options.folder, "plan-"));
  const plan = join(folder, "plan.json");
  try {
    await forgetDeletedJobs(pulumi, cluster, progress, signal);
    progress("previewing");
    const { output, failure } = await previewStack(pulumi, ["--save-plan", plan]);
    const judged = judgePreview(output, { waivers });
    show(judged);
    const code = exitCode(judged);
    if (code === 3) return "at-risk";
    const stopped = protectedUrns(output);
    if (stopped.length > 0) {
      progress(
        "waivers.yaml allows this loss, and Pulumi still protects these resources. To take the protection away, type:",
      );
      for (const urn of stopped) progress(`pulumi state unprotect ${quoted(urn)} --stack ${pulumi.stack}`);
      return "protected";
    }
    if (code !== 0) return "wrong";
    // pulumi leaves some faults out of the JSON, such as what a policy refuses
    if (failure !== undefined) throw new UserError(failure);
    const isIdle = judged.stacks.every(({ verdict }) => verdict === "unchanged");
    if (!isIdle && !(await confirm())) return "declined";
    // the question may have waited long, and a kubeconfig's current context may have changed
    await expectCluster(file, cluster, signal);
    progress(isIdle ? "nothing to deploy" : "deploying");
    // an idle one as well: what differs in the state alone, such as outputs, is written
    openUnknowns(plan);
    const updated = await pulumi.try(["up", "--yes", "--skip-preview", "--suppress-outputs", "--plan", plan]);
    if (updated.code !== 0) {
      const said = withoutPlanned(saidBy(updated));
      throw new UserError(`pulumi up failed:\n${said}${adviceOn(said, pulumi.stack)}`);
    }
    return isIdle ? "unchanged" : "deployed";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
