/** Plans of `pulumi preview --save-plan`, made fit for this program. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../shared/user-error";
import { SIGNATURE, UNKNOWN } from "../recording/wire-format";

/** Inputs of a Secret that hold its values. */
const VALUES = ["data", "stringData"];
/** Inputs that say which kind of object it is; they are known in every preview. */
const KIND = ["apiVersion", "kind"];

const properties = z.record(z.string(), z.unknown()).nullish();

/** As much of a plan as is read here; the rest stays as it is. */
const planSchema = z.looseObject({
  resourcePlans: z.record(
    z.string(),
    z.looseObject({
      goal: z
        .looseObject({
          type: z.string(),
          inputDiff: z.looseObject({ adds: properties, updates: properties }).optional(),
        })
        .optional(),
    }),
  ),
});

/**
 * Lets every input in a plan be any value that is secret or not known in a preview. What is made, changed, replaced or
 * deleted stays as planned, and so does every other input.
 *
 * The provider gives an object another form once all of it is known, e.g. `data` for the `stringData` of a Secret, or `1`
 * for `1000m` of a processor, so an object that is unknown in part is open as a whole. The engine takes another form for a
 * breach of the plan, and shows the values in the clear.
 * @throws UserError if the file holds no plan.
 */
export function openUnknowns(path: string): void {
  const parsed = planSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new UserError("pulumi wrote a plan of an unknown form; this project knows that of 3.260.");
  for (const { goal } of Object.values(parsed.data.resourcePlans)) {
    if (goal === undefined) continue;
    const { adds, updates, ...rest } = goal.inputDiff ?? {};
    const isSecret = goal.type === "kubernetes:core/v1:Secret";
    const entries = [adds, updates].map((some) => Object.entries(some ?? {}));
    const isPartlyUnknown =
      goal.type.startsWith("kubernetes:") && entries.flat().some(([, value]) => holdsUnknown(value));
    const isOpen = ([key, value]: [string, unknown]): boolean =>
      (isSecret && VALUES.includes(key)) || holdsUnknown(value) || (isPartlyUnknown && !KIND.includes(key));
    const open = [
      ...entries
        .flat()
        .filter(isOpen)
        .map(([key]) => key),
      ...(isSecret ? VALUES : []),
    ];
    const [added, updated] = entries.map((some) => Object.fromEntries(some.filter((entry) => !isOpen(entry))));
    // as an addition it may also be an update, stay what it is, or be left out
    // in a plan it stands for any value, or none
    const any = Object.fromEntries(open.map((key) => [key, UNKNOWN]));
    goal.inputDiff = { ...rest, adds: { ...added, ...any }, updates: updated };
  }
  writeFileSync(path, JSON.stringify(parsed.data), { mode: 0o600 });
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== "object" || value === null) return false;
  return SIGNATURE in value || Object.values(value).some(holdsUnknown);
}

/** What pulumi says of a breach of the plan, without the values it shows, masked or not. */
export function withoutPlanned(said: string): string {
  const words = "violates plan: it would do something else than was previewed; run it again";
  return said.replace(/violates plan:[^]*?(?=\n\n|\n {2}\S|$)/g, words);
}
