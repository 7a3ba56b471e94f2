import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot, readStack, stackNames } from "../../../../tools/recording/project";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vapora-project-"));
  writeFileSync(join(root, "Pulumi.yaml"), "name: vapora\nruntime: nodejs\n");
  writeFileSync(join(root, "Pulumi.dev.yaml"), "config:\n  vapora:a: 1\n  b: two\n");
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

test("a stack's config is read by full key", () => {
  expect(readStack(root, "dev")).toEqual({
    project: "vapora",
    stack: "dev",
    config: { "vapora:a": 1, "vapora:b": "two" },
  });
});

test("the project's defaults stand behind the stack's own values", () => {
  writeFileSync(
    join(root, "Pulumi.yaml"),
    "name: vapora\nconfig:\n  a: { default: 5 }\n  c: { value: 6 }\n  d: 7\n  e: { type: string }\n",
  );
  expect(readStack(root, "dev").config).toEqual({ "vapora:a": 1, "vapora:b": "two", "vapora:c": 6, "vapora:d": 7 });
});

test("an unknown stack is refused with the names of those there are", () => {
  writeFileSync(join(root, "Pulumi.prod.yaml"), "config: {}\n");
  expect(stackNames(root)).toEqual(["dev", "prod"]);
  expect(() => readStack(root, "prd")).toThrow("There is no stack 'prd' (no Pulumi.prd.yaml). Stacks here: dev, prod.");
});

test.each([
  ["broken YAML", "config: [", "Pulumi.dev.yaml cannot be read:"],
  ["a list", "- a\n", "Pulumi.dev.yaml must be a mapping"],
  ["config that is text", "config: text\n", "Pulumi.dev.yaml: config must be a mapping"],
  ["a key twice", "config:\n  a: 1\n  a: 2\n", "Map keys must be unique"],
])("%s is refused with the file's name", (_name, text, message) => {
  writeFileSync(join(root, "Pulumi.dev.yaml"), text);
  expect(() => readStack(root, "dev")).toThrow(message);
});

test("an empty stack file has no config", () => {
  writeFileSync(join(root, "Pulumi.dev.yaml"), "");
  expect(readStack(root, "dev").config).toEqual({});
});

test("the project's folder is found from below, and its absence is said", () => {
  expect(projectRoot(join(process.cwd(), "tests", "support"))).toBe(process.cwd());
  expect(() => projectRoot(tmpdir())).toThrow("There is no Pulumi.yaml here or in any folder above");
});
