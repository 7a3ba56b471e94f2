/** A preview of a stack, as it is judged. */
import { PREVIEW_FLAGS, readPreview } from "../report/compare";
import type { PreviewOutput } from "../report/compare";
import { failureOf } from "./stack";
import type { PulumiStack } from "./stack";

/** What a preview says. */
export interface StackPreview {
  readonly output: PreviewOutput;
  /** Why it failed, in pulumi's words; nothing if it did not. Most of it is in the output's diagnostics as well. */
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
    // where the program did not begin the JSON is empty, or is none
    const stdout = text.trimStart().startsWith("{") ? "" : text;
    throw failureOf(pulumi, args, { ...result, stdout });
  }
}

/** What the engine would delete or replace, and refuses to since it is protected. */
export function protectedUrns({ diagnostics }: PreviewOutput): string[] {
  const said = (diagnostics ?? []).map(({ message }) => message);
  const urns = said.flatMap((message) => /resource "?(urn:\S+?)"?\s[^]*marked for protection/.exec(message)?.[1] ?? []);
  return [...new Set(urns)].sort();
}
