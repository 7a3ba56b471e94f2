/** What a stack may say about learning: valid, made up without the schema; and faults between its values. */
import fc from "fast-check";
import type { Fault, Path } from "./stack-faults";
import type { Section, Value } from "./stack-values";
import { mapping, section } from "./stack-values";
import { broken } from "./stack-workload-faults";

/** A number, or the text `pulumi config set --path` makes of it. */
function decimal(numbers: fc.Arbitrary<number>): fc.Arbitrary<Value> {
  return fc.tuple(numbers, fc.boolean()).map(([number, isText]) => (isText ? String(number) : number));
}

const days = decimal(fc.integer({ min: 1, max: 36_500 }).map((tenths) => tenths / 10));
const recency = section(
  {},
  { halfLife: days, window: days, weight: decimal(fc.integer({ min: 10, max: 10_000 }).map((tenths) => tenths / 10)) },
);
const weights = fc
  .tuple(fc.nat(100), fc.nat(100))
  .map(([one, other]): Section => {
    const base = Math.min(one, other);
    const expertise = Math.max(one, other) - base;
    return { base: base / 100, expertise: String(expertise / 100), confidence: (100 - base - expertise) / 100 };
  })
  .chain((all) => fc.constantFrom<Section>(all, {}, { base: 0.3 }, { expertise: 0.6, confidence: "0.1" }));
/** Never less history than full confidence takes, given or by default. */
const history = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(999_000))
    .map(([fullConfidence, more]): Section => ({ fullConfidence, historyLimit: fullConfidence + more })),
  fc.integer({ min: 1, max: 100 }).map((fullConfidence): Section => ({ fullConfidence })),
  fc.integer({ min: 20, max: 1_000_000 }).map((historyLimit): Section => ({ historyLimit })),
  fc.constant<Section>({}),
);
const taskTypes = mapping(
  fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,10}$/),
  fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,9}$/), { minLength: 1, maxLength: 3 }),
);

export const learning = fc
  .tuple(section({}, { recency, weights, fallback: fc.constantFrom("load", "none"), taskTypes }), history)
  .map(([rest, amounts]): Section => ({ ...rest, ...amounts }));

/** Every fault between values of learning. */
export function learningFaults({ learning: some = {} }: Section): Fault[] {
  const change = (kind: string, path: Path, fields: Section): Fault =>
    broken(kind, ["learning", ...path], { learning: { ...(some as Section), ...fields } });
  return [
    change("weightsSumToOne", ["weights", "confidence"], { weights: { base: 0.3, expertise: "0.5", confidence: 0.3 } }),
    change("weightsSumToOne", ["weights", "confidence"], { weights: { base: 0.1 } }),
    change("weightsSumToOne", ["weights"], { weights: { base: 0.7, expertise: 0.5, confidence: 0 } }),
    change("historyFillsConfidence", ["historyLimit"], { historyLimit: 10, fullConfidence: 11 }),
  ];
}
