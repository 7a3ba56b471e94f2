import { adviceOn, saidBy } from "../../../../tools/pulumi/stack";

const result = (stdout: string, stderr = ""): { code: number; stdout: string; stderr: string } => ({
  code: 1,
  stdout,
  stderr,
});

const FAILED = `Updating (dev):
 +  kubernetes:batch/v1:Job knowledge-graph-job creating failed
Diagnostics:
  pulumi:pulumi:Stack (vapora-dev):
    error: update failed

  kubernetes:batch/v1:Job (knowledge-graph-job):
    error: Job "knowledge-graph-1" failed: DeadlineExceeded
      the log says why

  kubernetes:apps/v1:Deployment (agents):
    error: expected resource operations for urn:pulumi:dev::vapora::agents but none were seen

Resources:
    + 26 created
    4 errored

Duration: 5s
`;

test("of a failed deployment the causes are told, without what follows from them and what was counted", () => {
  expect(saidBy(result(FAILED))).toBe(
    [
      "Diagnostics:",
      "  kubernetes:batch/v1:Job (knowledge-graph-job):",
      '    error: Job "knowledge-graph-1" failed: DeadlineExceeded',
      "      the log says why",
    ].join("\n"),
  );
});

test("where nothing but a failed run is told, that is what is said", () => {
  const alone = "Diagnostics:\n  pulumi:pulumi:Stack (vapora-dev):\n    error: update failed\n\nDuration: 1s\n";
  expect(saidBy(result(alone))).toBe("Diagnostics:\n  pulumi:pulumi:Stack (vapora-dev):\n    error: update failed");
});

test("without diagnostics all that was said is told", () => {
  expect(saidBy(result("", "error: no stack named 'dev' found\n"))).toBe("error: no stack named 'dev' found");
});

test.each([
  ["error: the stack is currently locked by 1 lock(s)", "recover"],
  ["error: [409] Conflict: Another update is currently in progress.", "recover"],
  ['update of resource "urn:a" failed: jobs.batch "knowledge-graph-1" not found', "up"],
  ["error: resource urn:a violates plan: properties changed", "up"],
  ["the Kubernetes API server reported that Job failed: DeadlineExceeded", "doctor"],
])("%s: the command that helps is named", (said, command) => {
  expect(adviceOn(said, "prod")).toBe(`\nType: npm run ${command} -- prod`);
});

test("where pulumi's own words say enough, no command is named", () => {
  expect(adviceOn("error: 2 problems in the stack's config:", "prod")).toBe("");
});
