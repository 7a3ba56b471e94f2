/** A preview of a stack, as it is judged. */
import { PREVIEW_FLAGS, readPreview } from "../report/compare";
import type { PreviewOutput } from "../report/compare";
import { failureOf } from "./stack";
import type { PulumiStack } from "./stack";

/** What a preview says. */
export interface StackPreview {
  readonly output: PreviewOutput;
  /** Why it failed, in pulumi's words; undefined if it did not. Most of it is in the output's diagnostics as well. */
  readonly failure: string | undefined;
}

/** Previews a stack. `flags` go to pulumi. @throws UserError with pulumi's words where it says nothing that can be read. */
export async function previewStack(
  pulumi: Pick<PulumiStack, "stack" | "try">,
  flags: readonly string[] = [],
): Promise<StackPreview> {
  const args = ["preview", ...PREVIEW_FLAGS, "--suppress-outputs", ...flags];
  const result = await pulumi.try(args, { quiet: true });
  const { code, stdout: text } = result;
  try {
    const output = readPreview(text);
    // the JSON says nothing in words
    return { output, failure: code === 0 ? undefined : failureOf(pulumi, args, { ...result, stdout: "" }).message };
  } catch (error) {
    if (code === 0) throw error;
    // if the program did not start, the output is empty or not JSON
    const stdout = text.trimStart().startsWith("{") ? "" : text;
    throw failureOf(pulumi, args, { ...result, stdout });
  }
}

/** What the engine refuses to delete or replace since it is protected; empty if it stops for no such thing. */
export function protectedUrns({ steps, diagnostics }: PreviewOutput): string[] {
  const refusals = (diagnostics ?? []).flatMap(
    ({ message }) => /resource "?(urn:\S+?)"?\s[^]*(?:it is protected|marked for protection)/.exec(message)?.[1] ?? [],
  );
  if (refusals.length === 0) return [];
  // it may stop at the first of them
  const gone = steps.filter(({ op, oldState }) => LETHAL.includes(op) && oldState?.protect === true);
  return [...new Set([...refusals, ...gone.map(({ urn }) => urn)])].sort();
}

/** Steps that a protected resource does not survive. */
const LETHAL = ["delete", "replace", "delete-replaced"];
