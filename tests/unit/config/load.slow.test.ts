/**
 * Stacks made up by hand-written generators that know nothing of the schema: valid ones, and ones with planted
 * faults. The valid ones must be accepted, and every planted fault named by its path.
 */
import fc from "fast-check";
import { parseSettings } from "../../../config";
import { RULES } from "../../../config/rules/rules";
import type { Fault, Path } from "../../support/stack-faults";
import { areApart, faultsFor, planted } from "../../support/stack-faults";
import type { Stack } from "../../support/stack-generator";
import { stack } from "../../support/stack-generator";

jest.setTimeout(300_000);

const RUNS = 5_000;
/** Faulty stacks made from one valid stack: to make that up takes longer than to check it. */
const VARIANTS = 5;

/** Stacks from one valid stack, each with one to five faults that do not hide each other. */
const faulty = fc
  .tuple(
    stack,
    fc.array(fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 5 }), {
      minLength: VARIANTS,
      maxLength: VARIANTS,
    }),
  )
  .map(([valid, variants]) => {
    const possible = faultsFor(valid);
    return variants.map((choices) => {
      const faults = chosen(possible, choices);
      return { spoilt: planted(valid, faults), faults };
    });
  });

function chosen(
  possible: ReadonlyMap<string, readonly Fault[]>,
  choices: readonly (readonly [kind: number, fault: number])[],
): Fault[] {
  const kinds = [...possible.keys()].sort();
  const faults: Fault[] = [];
  for (const [kind, choice] of choices) {
    const some = possible.get(kinds[kind % kinds.length] ?? "") ?? [];
    const fault = some[choice % some.length];
    if (fault !== undefined && faults.every((other) => areApart(fault, other))) faults.push(fault);
  }
  return faults;
}

test("every valid stack is accepted", () => {
  fc.assert(
    fc.property(stack, ({ config, secrets }) => {
      parseSettings(config, secrets);
    }),
    { numRuns: RUNS },
  );
});

test("every stack with planted faults is refused, each fault is named by its path, and nothing else is", () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(faulty, (variants) => {
      for (const { spoilt, faults } of variants) {
        expectNamed(spoilt, faults);
        for (const { kind } of faults) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: RUNS / VARIANTS },
  );
  // every kind was among them, and there is one for every rule
  const [rarest] = [...kinds].sort(([, a], [, b]) => a - b);
  expect(rarest?.[1]).toBeGreaterThan(5);
  expect(RULES.map(({ name }) => name).filter((name) => !kinds.has(name))).toEqual([]);
});

function expectNamed(spoilt: Stack, faults: readonly Fault[]): void {
  const [title, ...problems] = errorOf(spoilt).split("\n  - ");
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  expect(title).toBe(`${count} in the stack's config:`);
  const unnamed = faults.filter(({ path }) => !problems.some((line) => line.startsWith(`${pathText(path)}: `)));
  expect(unnamed.map(({ kind, path }) => `${kind}: ${pathText(path)}`)).toEqual([]);
  const touched = faults.flatMap(({ path, areas }) =>
    [path, ...areas].flatMap(([section = ""]) => sayers(String(section))),
  );
  expect(problems.filter((line) => !touched.includes(/^vapora:([^:.[]+)/.exec(line)?.[1] ?? ""))).toEqual([]);
}

/** A section, and the secrets that it decides on. */
function sayers(section: string): string[] {
  const secrets = section === "providers" ? ["claudeApiKey", "openaiApiKey", "geminiApiKey"] : [`${section}Password`];
  return [section, ...secrets];
}

function errorOf({ config, secrets }: Stack): string {
  try {
    parseSettings(config, secrets);
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
}

/** A path as the message has it, the way `pulumi config --path` takes it. */
function pathText([section = "", ...path]: Path): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${String(part)}]`;
    return /^[A-Za-z0-9_-]+$/.test(part) ? `.${part}` : `["${part}"]`;
  });
  return `vapora:${String(section)}${parts.join("")}`;
}
