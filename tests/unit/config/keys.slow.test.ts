import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { classOf, compareRecordings } from "../../../tools/report/compare";
import type { Change, ChangeClass } from "../../../tools/report/compare";
import { keyEffects, keyTrials } from "../../../tools/commands/docs/key-effects";
import type { KeyTrial } from "../../../tools/commands/docs/key-effects";
import type { Recording } from "../../../tools/recording/recording";

jest.setTimeout(600_000);

let trials: KeyTrial[];

beforeAll(async () => {
  trials = await keyTrials(process.cwd());
});

// After a change that is meant: npm run docs -- --update, and read the diff.
test("every documented key changes what golden/keys.yaml says, and none changes nothing", () => {
  const effects = keyEffects(trials);
  const idle = Object.keys(effects).filter((key) => effects[key]?.length === 0);
  expect(idle).toEqual([]);
  expect(effects).toEqual(parse(readFileSync(join(process.cwd(), "tests", "golden", "keys.yaml"), "utf8")));
});

/** The gravest class comes first. */
const GRAVEST: readonly ChangeClass[] = [
  "data-at-risk",
  "replaced",
  "rolls",
  "deleted",
  "created",
  "in-place",
  "metadata",
];

/**
 * What the gravest of a key's effects is, from the value it has to the other one and back: the first row that fits.
 * Sizes grow, protection is switched on, images get newer, and where 1 replica becomes several a budget comes.
 */
const CLASSES: readonly (readonly [keys: RegExp, there: ChangeClass, back: ChangeClass])[] = [
  [/^cluster\.identifier$/, "data-at-risk", "data-at-risk"],
  [/^cluster\.kubeSystemUid$/, "created", "deleted"],
  [/^cluster\./, "in-place", "in-place"],
  [/^namespace\.name$/, "data-at-risk", "data-at-risk"],
  [/^namespace\.create$/, "data-at-risk", "created"],
  [/^images\./, "rolls", "rolls"],
  [/^dataProtection$/, "metadata", "data-at-risk"],
  [/^network\.(proxy\.(host|port|noProxy)|caBundle\.\w+)$/, "rolls", "rolls"],
  [/^network\./, "in-place", "in-place"],
  [/^quota\./, "in-place", "in-place"],
  [/^learning\./, "rolls", "rolls"],
  // another place in a store is the operator's matter, until a version says that the value is another one
  [/\.externalSecret\.(?!version$)\w+$/, "in-place", "in-place"],
  [/^providers\./, "rolls", "rolls"],
  [/\.external\.ranges$/, "in-place", "in-place"],
  // nothing but the Job is a client of an external database here
  [/\.external\.client\./, "replaced", "replaced"],
  [/\.external\./, "rolls", "rolls"],
  [/^surrealdb\.image$/, "rolls", "data-at-risk"],
  // the message bus is told how much of its claim it may fill
  [/^nats\.storage\.size$/, "rolls", "data-at-risk"],
  [/\.storage\.size$/, "in-place", "data-at-risk"],
  [/\.storage\.(storageClass|accessMode|mode)$/, "data-at-risk", "data-at-risk"],
  [/^nats\.servers$/, "data-at-risk", "data-at-risk"],
  [/\.(serviceAccountAnnotations|exposure\.ingress\.annotations)$/, "metadata", "metadata"],
  [/\.(autoscaling|exposure)\./, "in-place", "in-place"],
  [/\.replicas$/, "created", "deleted"],
  [/^surrealdb\.rotations\./, "rolls", "rolls"],
  [
    /\.(image|resources|nodeSelector|tolerations|priorityClassName|runtimeClassName|podAnnotations|runAs)\b/,
    "rolls",
    "rolls",
  ],
  [/\.(syncInterval|maxmemoryPolicy|urlForm)$/, "rolls", "rolls"],
  [/\.(scratch|shutdown|env|log|settings|environment|readinessPath|routingMode)\b/, "rolls", "rolls"],
];

const compared = new Map<Recording, Map<Recording, readonly Change[]>>();

/** Keys that are tried at once share their comparison. */
function compare(before: Recording, after: Recording): readonly Change[] {
  const known = compared.get(before) ?? new Map<Recording, readonly Change[]>();
  compared.set(before, known);
  const found = known.get(after) ?? compareRecordings(before, after);
  known.set(after, found);
  return found;
}

/** What runs once has no other way than to be replaced, and harms nobody by it: it counts where nothing else changes. */
const ONCE = /^(Job|ConfigMap) knowledge-graph-/;

function gravest(trial: KeyTrial, before: Recording, after: Recording): ChangeClass | undefined {
  const all = compare(before, after).filter((change) => trial.concerns(change.urn) && classOf(change) !== "unchanged");
  const others = all.filter(({ object }) => !ONCE.test(object));
  const classes = (others.length > 0 ? others : all).map(classOf);
  return GRAVEST.find((name) => classes.includes(name));
}

test("a change of each key is of the class it must be of, and so is the change back", () => {
  const found = trials.map((one) => [
    one.path,
    gravest(one, one.before, one.after),
    gravest(one, one.after, one.before),
  ]);
  const expected = trials.map(({ path }) => [path, ...(CLASSES.find(([keys]) => keys.test(path))?.slice(1) ?? [])]);
  expect(found).toEqual(expected);
});
