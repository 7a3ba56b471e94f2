/** The guard over a real preview: what it would do, and whether waivers allow what it would lose. */
import { comparePreview } from "./compare";
import type { PreviewOutput } from "./compare";
import { reportChanges, reportOf } from ".";
import type { Report } from ".";
import type { Waiver } from "./waivers";

/** What a preview is judged by. */
export interface PreviewContext {
  readonly waivers: readonly Waiver[];
  /** Day in UTC, e.g. `2027-01-31`. @default - the present one */
  readonly today?: string;
}

/** The report on what a preview says. Errors of the preview are in it. */
export function judgePreview(output: PreviewOutput, { waivers, today = presentDay() }: PreviewContext): Report {
  const stack = output.steps[0]?.urn.split("::")[0]?.split(":").at(-1) ?? "of the preview";
  const failed = (output.diagnostics ?? []).filter(({ severity }) => severity === "error");
  const errors = failed.map(({ message }) => ({ side: "preview" as const, message }));
  return reportOf([{ ...reportChanges(stack, comparePreview(output)), errors }], {
    base: "what is deployed",
    head: "what the preview would deploy",
    waivers: waivers.filter((waiver) => waiver.stack === stack),
    stackNames: [stack],
    today,
  });
}

/** The day by which waivers are judged, in UTC. */
export function presentDay(): string {
  return new Date().toISOString().slice(0, 10);
}
