import { classOf, comparePreview, plannedSteps, readPreview } from "../../../../../tools/report/compare";
import { UserError } from "../../../../../tools/shared/user-error";
import { urn } from "./objects";

const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

interface Step {
  readonly op: string;
  readonly type?: string;
  readonly inputs?: object;
  /** True for what the state holds as the old one of a replacement. */
  readonly isLeft?: boolean;
}

/** A preview whose steps have the same inputs before and after. */
function preview(...steps: readonly Step[]): ReturnType<typeof readPreview> {
  const made = steps.map(({ op, type = CLAIM, inputs = {}, isLeft = false }) => {
    const state = { urn: urn(type), type, custom: true, inputs: { kind: type.split(":").at(-1), ...inputs } };
    const oldState = isLeft ? { ...state, delete: true } : state;
    return { op, urn: state.urn, oldState, ...(op.startsWith("delete") ? {} : { newState: state }) };
  });
  return readPreview(JSON.stringify({ steps: made }));
}

const told = (...steps: readonly Step[]): string[] =>
  comparePreview(preview(...steps)).map((change) => `${change.action} ${classOf(change)} ${change.notes.join()}`);

const LEFT: Step = { op: "delete-replaced", isLeft: true };

test("a replacement that a failed preview did not come to is one, and nothing that was interrupted", () => {
  expect(told({ op: "delete-replaced" })).toEqual(["replaced data-at-risk "]);
});

describe("what an earlier run has replaced and not deleted", () => {
  test("is deleted, with its data, whatever else becomes of its successor", () => {
    const note = "an interrupted deployment replaced it, and left it to be deleted";
    expect(told(LEFT)).toEqual([`deleted data-at-risk ${note}`]);
    expect(told({ op: "same" }, LEFT)).toEqual([`deleted data-at-risk ${note}`, "unchanged unchanged "]);
  });

  test("is allowed by the waiver that its replacement had", () => {
    const [change] = comparePreview(preview(LEFT));
    expect(change?.losses.map(({ kind }) => kind)).toEqual(["replaced"]);
  });

  test("is told apart from what the steps of a replacement now delete", () => {
    const now: Step[] = [{ op: "delete-replaced" }, { op: "replace" }, { op: "create-replacement" }];
    expect(told(...now)).toEqual(["replaced data-at-risk "]);
    const both = plannedSteps(preview(...now, LEFT));
    expect(both.filter(({ op }) => op === "delete")).toHaveLength(1);
  });
});

test("an update that the engine plans is a change, also where no value of it can be told", () => {
  expect(told({ op: "update", type: DEPLOYMENT })).toEqual(["in-place in-place "]);
  expect(told({ op: "same", type: DEPLOYMENT })).toEqual(["unchanged unchanged "]);
});

test("a preview that did not begin has its messages and no steps; one with neither is none", () => {
  const diagnostics = [{ severity: "error", message: "the SDK is not installed" }];
  expect(readPreview(JSON.stringify({ diagnostics }))).toEqual({ steps: [], diagnostics });
  for (const text of ["{}", '{"steps":[]}', '{"steps":1}', "none"]) expect(() => readPreview(text)).toThrow(UserError);
});
