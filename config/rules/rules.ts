/**
 * Rules between values: what is right by itself and wrong together. Each is a function of the sections that are right
 * by themselves, and gives for every place that breaks it the key to change and every way out.
 */
import * as connections from "./connection-rules";
import * as learning from "./learning-rules";
import type { Problem, Right, Rule } from "./rule";
import * as workloads from "./workload-rules";

export type { Problem } from "./rule";
export * from "./connection-rules";
export * from "./learning-rules";
export * from "./workload-rules";

/** Every rule. */
export const RULES: readonly Rule[] = [
  ...Object.values(workloads),
  ...Object.values(connections),
  ...Object.values(learning),
];

/** Every place where a rule is broken. */
export function check(settings: Right, rules: readonly Rule[] = RULES): Problem[] {
  return rules.flatMap((rule) => rule(settings));
}
