import { previewStack } from "../../../../tools/pulumi/preview";
import type { RunResult } from "../../../../tools/shared/processes";

const previewed = (result: Partial<RunResult>): ReturnType<typeof previewStack> =>
  previewStack({ stack: "dev", try: () => Promise.resolve({ code: 0, stdout: "", stderr: "", ...result }) });

test("a preview that did not begin is told in pulumi's words, wherever it said them", async () => {
  const stderr = "error: failed to load language plugin";
  for (const result of [
    { code: 1, stdout: "{}\n", stderr },
    { code: 255, stdout: "", stderr },
    { code: 255, stdout: stderr },
  ])
    await expect(previewed(result)).rejects.toThrow(`pulumi preview failed:\n${stderr}`);
});

test("a state that cannot be read is told with what brings it back", async () => {
  const stderr = "error: failed to load checkpoint: EOF";
  await expect(previewed({ code: 255, stderr })).rejects.toThrow(`${stderr}\nType: npm run recover -- dev`);
});

test("what pulumi says beside the JSON, such as what a policy refuses, is its failure", async () => {
  const steps = [{ op: "same", urn: "urn:pulumi:dev::vapora::pulumi:pulumi:Stack::vapora-dev" }];
  const stdout = JSON.stringify({ steps });
  expect(await previewed({ stdout })).toEqual({ output: { steps }, failure: undefined });
  const { failure } = await previewed({ code: 1, stdout, stderr: "error: a policy refuses it" });
  expect(failure).toBe("pulumi preview failed:\nerror: a policy refuses it");
});
