import { readFileSync } from "node:fs";
import { generatedDocs, settingKeys } from "../../../config/reference";

// After a change that is meant: npm run docs -- --update.
test.each(Object.entries(generatedDocs()))("%s is what config/ says", (path, text) => {
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("every key has a description, and every value an example", () => {
  const keys = settingKeys();
  const sections = keys.filter(({ schema }) => schema.properties !== undefined || schema.anyOf !== undefined);
  const values = keys.filter((key) => !sections.includes(key));
  expect(values.length).toBeGreaterThan(90);
  expect(keys.filter(({ schema }) => schema.description === undefined).map(({ path }) => path)).toEqual([]);
  expect(values.filter(({ schema }) => schema.example === undefined).map(({ path }) => path)).toEqual([]);
});

test("every optional key states what holds without it", () => {
  const silent = settingKeys()
    .filter(({ required, schema }) => !required && schema.properties === undefined && schema.anyOf === undefined)
    .filter(({ schema }) => schema.default === undefined && schema.absent === undefined);
  expect(silent.map(({ path }) => path)).toEqual([]);
});
