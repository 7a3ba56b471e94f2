/** Objects made up for the rules: as little of each as a rule looks at. */
import { classify } from "../../../../../tools/report/compare";
import type { Change, ObjectChange, ObjectState } from "../../../../../tools/report/compare";
import type { Json } from "../../../../../tools/recording/recording";

/** Inputs as plain data. */
export type Inputs = Readonly<Record<string, Json>>;

/** One side of an object that is called `it` in the namespace `here`. */
export function state(type: string, inputs: Inputs, rest: Partial<ObjectState> = {}): ObjectState {
  const kind = type.split(":").at(-1) ?? "";
  const isObject = type.startsWith("kubernetes:");
  const metadata = { name: "it", namespace: "here", ...(inputs.metadata as Inputs | undefined) };
  return {
    urn: urn(type),
    inputs: isObject ? { kind, ...inputs, metadata } : inputs,
    secretInputs: [],
    protect: false,
    retainOnDelete: false,
    dependencies: [],
    propertyDependencies: {},
    ...rest,
  };
}

export function urn(type: string, name = "it"): string {
  return `urn:pulumi:test::vapora::${type}::${name}`;
}

/** An object on two sides; a side that is left out has none. */
export function change(type: string, before?: ObjectState, after?: ObjectState): ObjectChange {
  return { urn: (after ?? before)?.urn ?? "", type, name: "it", before, after };
}

/** What becomes of one object whose inputs change. */
export function changed(type: string, before: Inputs, after: Inputs): Change {
  return one(change(type, state(type, before), state(type, after)));
}

/** What becomes of the first of some changes. */
export function one(first: ObjectChange, ...others: readonly ObjectChange[]): Change {
  const found = classify([first, ...others]).find((made) => made.urn === first.urn);
  if (found === undefined) throw new Error("the change is not classified");
  return found;
}
