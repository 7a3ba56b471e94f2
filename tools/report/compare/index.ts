/**
 * What a change does to every object. Two sources of it, one classification: two recordings of a stack, or the steps
 * of `pulumi preview --json`.
 */
import type { Recording } from "../../recording/recording";
import type { Change } from "./change";
import { classify } from "./classify";
import { matchRecordings } from "./match";
import { previewChanges } from "./preview-steps";
import type { PreviewOutput } from "./preview-steps";

export { classOf, isKubernetes, LOSS_KINDS } from "./change";
export type {
  Action,
  Change,
  ChangeClass,
  Difference,
  Loss,
  LossKind,
  ObjectChange,
  ObjectState,
  Planned,
} from "./change";
export { classify } from "./classify";
export { plannedSteps, PREVIEW_FLAGS, readPreview } from "./preview-steps";
export type { PreviewOutput } from "./preview-steps";
export { rollingOrder } from "./rolling";

/** Every object of either recording and what happens to it, data at risk first, then by what it does and by name. */
export function compareRecordings(base: Recording, head: Recording): Change[] {
  return classify(matchRecordings(base, head));
}

/** Every object that a preview of the engine touches. Objects it leaves alone are not in it. */
export function comparePreview(preview: PreviewOutput): Change[] {
  return classify(previewChanges(preview));
}
