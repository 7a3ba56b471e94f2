import { readdirSync, readFileSync } from "node:fs";
import { learningShifts } from "../../../../../tools/commands/learning/shifts";
import { exampleDocs } from "../../../../../tools/commands/docs/example-pages";
import { RECORDING_TIMEOUT } from "../../../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

// After a change that is meant: npm run docs -- --update.
test("the reports in docs are what the tool says of these changes today, byte by byte, and there are no others", async () => {
  const made = await exampleDocs(process.cwd(), learningShifts);
  for (const [path, text] of Object.entries(made)) expect([path, readFileSync(path, "utf8")]).toEqual([path, text]);
  const files = readdirSync("docs/reports").map((name) => `docs/reports/${name}`);
  expect(files.sort()).toEqual(Object.keys(made).sort());
});

test("the exit codes are those that the changes call for", () => {
  const code = (name: string): string | undefined =>
    /ends with exit code (\d)/.exec(readFileSync(`docs/reports/${name}.md`, "utf8"))?.[1];
  const fine = [
    "key-order",
    "image",
    "setting",
    "secret",
    "learning",
    "replicas",
    "exposure",
    "claim-grows",
    "waived",
    "new-stack",
  ];
  const lossy = ["claim-shrinks", "storage-class", "namespace", "external", "protection", "downgrade", "stack-gone"];
  expect(fine.map(code)).toEqual(fine.map(() => "0"));
  expect(lossy.map(code)).toEqual(lossy.map(() => "3"));
  expect(code("broken")).toBe("1");
});
