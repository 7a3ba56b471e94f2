/** Rules between values of learning. */
import type { Rule } from "./rule";

/** What binary fractions add up to beside 1: 0.3 + 0.5 + 0.2 is 0.9999999999999999 in another order. */
const ROUNDING = 1e-9;

/** Scores of two stacks can be compared only where both lie between 0 and 1. */
export const weightsSumToOne: Rule = ({ learning }) => {
  if (learning === undefined) return [];
  const { base, expertise, confidence } = learning.weights;
  const sum = base + expertise + confidence;
  if (Math.abs(sum - 1) <= ROUNDING) return [];
  const all = [base, expertise, confidence].map(decimal).join(" + ");
  const message = `must sum to 1 (base, expertise and confidence), and ${all} is ${decimal(sum)}`;
  const rest = 1 - base - expertise;
  return rest < 0
    ? [{ path: ["learning", "weights"], message }]
    : [
        {
          path: ["learning", "weights", "confidence"],
          message: `${message}. Either change another of them, or this one`,
          remedy: decimal(rest),
        },
      ];
};

/** An agent whose whole history is too short to be trusted never gets full confidence. */
export const historyFillsConfidence: Rule = ({ learning }) => {
  if (learning === undefined || learning.historyLimit >= learning.fullConfidence) return [];
  const needed = String(learning.fullConfidence);
  return [
    {
      path: ["learning", "historyLimit"],
      message: `must be at least learning.fullConfidence, which is ${needed}; it is ${String(learning.historyLimit)}`,
      remedy: needed,
    },
  ];
};

/** A number without what binary fractions add. */
function decimal(value: number): string {
  return String(Number(value.toFixed(9)));
}
