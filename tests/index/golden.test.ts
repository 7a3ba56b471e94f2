import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goldenFiles } from "../../offline/goldens";
import { recording, RECORDING_TIMEOUT, STACKS } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

const FOLDER = join(__dirname, "..", "golden");

// After a change that is meant: npm run goldens -- --update, and read the diff.
describe.each(STACKS)("stack %s", (stack) => {
  const names = existsSync(join(FOLDER, stack)) ? readdirSync(join(FOLDER, stack)) : [];

  test("has exactly the golden files of its components", async () => {
    expect(names.sort()).toEqual([...goldenFiles(await recording(stack)).keys()].sort());
  });

  test.each(names)("registers what golden/%s says", async (name) => {
    const golden = readFileSync(join(FOLDER, stack, name), "utf8");
    expect(goldenFiles(await recording(stack)).get(name)).toBe(golden);
  });
});
