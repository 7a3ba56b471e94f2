import { pending } from "../../../../../tools/commands/doctor/state-obstacles";
import type { Patient } from "../../../../../tools/commands/doctor/finding";

const patient = {
  file: { project: "vapora", stack: "dev", config: {} },
  state: {
    resources: [],
    pending: [
      { type: "updating", resource: { urn: "urn:pulumi:dev::vapora::kubernetes:apps/v1:Deployment::frontend" } },
    ],
    mark: undefined,
  },
} as unknown as Patient;

test("what a run has begun that is over was cut off, and is to be recovered", () => {
  expect(pending(patient, false)).toEqual([
    {
      status: "error",
      detail: "An interrupted deployment left open: updating frontend.",
      fix: "Type: npm run recover -- dev",
    },
  ]);
});

test("what a run that is at work has begun is nothing to be recovered", () => {
  expect(pending(patient, true)).toEqual([{ status: "skipped", detail: "pulumi is at work on the stack." }]);
});
