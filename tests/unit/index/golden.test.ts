import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goldenFiles } from "../../../tools/commands/docs/goldens";
import { projectRoot, stackNames } from "../../../tools/recording/project";
import { openRecorder } from "../../../tools/recording/record";
import type { ProjectRecorder } from "../../../tools/recording/record";
import type { Recording } from "../../../tools/recording/recording";
import { RECORDING_TIMEOUT } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const FOLDER = join(process.cwd(), "tests", "golden");

let recorder: Promise<ProjectRecorder> | undefined;
const made = new Map<string, Promise<Recording>>();

/** A stack as its file at the top says it. */
function recording(stack: string): Promise<Recording> {
  recorder ??= openRecorder();
  const known = made.get(stack) ?? recorder.then(({ record }) => record(stack));
  made.set(stack, known);
  return known;
}

afterAll(async () => {
  await (await recorder)?.close();
});

// the stack files are those of whoever deploys: a change of them is accepted as one of the program is
const NAMES = stackNames(projectRoot());
describe.each(NAMES)("stack %s (a change that is meant: npm run docs -- --update)", (stack) => {
  const names = existsSync(join(FOLDER, stack)) ? readdirSync(join(FOLDER, stack)) : [];

  test("has exactly the golden files of its components", async () => {
    expect(names.sort()).toEqual([...goldenFiles(await recording(stack)).keys()].sort());
  });

  test.each(names)("registers what golden/%s says", async (name) => {
    const golden = readFileSync(join(FOLDER, stack, name), "utf8");
    expect(goldenFiles(await recording(stack)).get(name)).toBe(golden);
  });
});
