/** The steps of `pulumi preview --json` as changes of objects. */
import { z } from "zod";
import type { Json, Path } from "../../recording/recording";
import { UserError } from "../../shared/user-error";
import { SIGNATURE, UNKNOWN } from "../../recording/wire-format";
import type { ObjectChange, ObjectState, Planned } from "./change";

/** What the engine writes in place of a secret. */
const HIDDEN = "[secret]";

const stateSchema = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().optional(),
  delete: z.boolean().optional(),
  inputs: z.record(z.string(), z.json()).optional(),
  protect: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  provider: z.string().optional(),
  dependencies: z.array(z.string()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
});

/** What a preview says, as much of it as is read here. */
const previewSchema = z.object({
  // left out where the program did not begin
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        oldState: stateSchema.optional(),
        newState: stateSchema.optional(),
        detailedDiff: z.record(z.string(), z.unknown()).nullish(),
        replaceReasons: z.array(z.string()).nullish(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string() })).nullish(),
});

/** The output of `pulumi preview` with {@link PREVIEW_FLAGS}. */
export type PreviewOutput = z.infer<typeof previewSchema>;
type State = z.infer<typeof stateSchema>;

const OPERATIONS: Readonly<Record<string, Planned["operation"]>> = {
  same: "same",
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
};

/** What `pulumi preview` has to be told for {@link readPreview}: without the steps of replacements it hides deletions. */
export const PREVIEW_FLAGS = ["--json", "--show-replacement-steps"] as const;

/** Reads the text of `pulumi preview` with {@link PREVIEW_FLAGS}. @throws UserError if it is not one. */
export function readPreview(text: string): PreviewOutput {
  const what = `It must hold the output of \`pulumi preview ${PREVIEW_FLAGS.join(" ")}\``;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = previewSchema.safeParse(content);
  if (parsed.success) {
    if (parsed.data.steps.length > 0 || (parsed.data.diagnostics ?? []).length > 0) return parsed.data;
    throw new UserError(`${what}: there is neither a step in it nor a message.`);
  }
  const [issue] = parsed.error.issues;
  throw new UserError(`${what}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** A step, and whether it deletes what an earlier run has replaced and not come to delete. */
export type PlannedStep = PreviewOutput["steps"][number] & { readonly isLeftover: boolean };

/**
 * What a preview would do: a replacement is one step, and what an earlier one has left over is a deletion. Of a
 * replacement that a failed preview did not come to there is only the deletion; it is not marked in the state.
 */
export function plannedSteps({ steps }: PreviewOutput): PlannedStep[] {
  const replaced = steps.filter(({ op }) => op === "replace").map(({ urn }) => urn);
  return steps.flatMap((step): PlannedStep[] => {
    if (step.op !== "delete-replaced") return [{ ...step, isLeftover: false }];
    const own = replaced.indexOf(step.urn);
    if (own < 0 && step.oldState?.delete === true) return [{ ...step, op: "delete", isLeftover: true }];
    if (own < 0) return [{ ...step, op: "replace", newState: step.oldState, isLeftover: false }];
    replaced.splice(own, 1);
    return [];
  });
}

/** The changes of a preview. */
export function previewChanges(preview: PreviewOutput): ObjectChange[] {
  return plannedSteps(preview).flatMap((step): ObjectChange[] => {
    const { op, urn, oldState, newState, detailedDiff, replaceReasons, isLeftover } = step;
    const operation = OPERATIONS[op];
    const state = newState ?? oldState;
    if (operation === undefined || state?.custom !== true) return [];
    const isOld = operation !== "create";
    return [
      {
        urn,
        type: state.type,
        name: urn.split("::").at(-1) ?? "",
        before: isOld && oldState !== undefined ? stateOf(oldState) : undefined,
        after: operation === "delete" || newState === undefined ? undefined : stateOf(newState),
        planned: {
          operation,
          paths: Object.keys(detailedDiff ?? {}).map(pathOf),
          replaceReasons: replaceReasons ?? [],
          isLeftover,
        },
      },
    ];
  });
}

function stateOf({ urn, inputs = {}, provider, protect, retainOnDelete, ...rest }: State): ObjectState {
  const secrets: Path[] = [];
  const open = (value: Json, path: Path): Json => {
    if (value === HIDDEN || (typeof value === "object" && value !== null && SIGNATURE in value)) {
      secrets.push(path);
      return JSON.stringify(value);
    }
    if (value === UNKNOWN) return "(known after the deployment)";
    if (Array.isArray(value)) return value.map((item, index) => open(item, [...path, String(index)]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item, [...path, key])]));
  };
  return {
    urn,
    inputs: open(inputs, []) as Record<string, Json>,
    secretInputs: secrets,
    protect: protect === true,
    retainOnDelete: retainOnDelete === true,
    // a reference holds the provider's id as well
    provider: provider?.replace(/::[^:]*$/, ""),
    dependencies: rest.dependencies ?? [],
    propertyDependencies: Object.fromEntries(
      Object.entries(rest.propertyDependencies ?? {}).map(([property, urns]) => [property, urns ?? []]),
    ),
  };
}

/** `spec.template.metadata.annotations["a.b"][0]` as its parts. */
function pathOf(text: string): Path {
  return [...text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted?.replaceAll('\\"', '"') ?? index ?? plain ?? "",
  );
}
