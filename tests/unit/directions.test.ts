/** The directions of imports that eslint.config.mjs states: a forbidden one fails, those that the house is built on pass. */
import { spawnSync } from "node:child_process";

/** An import that a file of the first folder must not have. */
const FORBIDDEN: readonly (readonly [file: string, specifier: string])[] = [
  ["index.ts", "./tools/recording/record"],
  ["components/nats.ts", "../tools/shared/text"],
  ["components/surrealdb/users.ts", "../../policy/rules"],
  ["components/redis.ts", "../outputs/contract"],
  ["kubernetes/pod.ts", "../components/nats"],
  ["kubernetes/pod.ts", "../knowledge-graph/script"],
  ["config/load.ts", "../kubernetes/pod"],
  ["config/schema/storage.ts", "../rules/rules"],
  ["config/schema/storage.ts", "../../components/nats"],
  ["knowledge-graph/script.ts", "../config"],
  ["knowledge-graph/script.ts", "../config/rules/rules"],
  ["outputs/contract.ts", "../components/nats"],
  ["policy/policy-rule.ts", "../tools/recording/recording"],
  ["tools/shared/text.ts", "../recording/recording"],
  ["tools/recording/record.ts", "../report"],
  ["tools/report/markdown.ts", "../cluster/kubectl"],
  ["tools/report/compare/change.ts", "../../pulumi/state"],
  ["tools/cluster/live.ts", "../pulumi/state"],
  ["tools/pulumi/built/find.ts", "../../commands/try/engine"],
];
const ALLOWED: readonly (readonly [file: string, specifier: string])[] = [
  ["index.ts", "./components/nats"],
  ["components/nats.ts", "../kubernetes/store"],
  ["components/nats.ts", "@pulumi/kubernetes"],
  ["kubernetes/rollout.ts", "../config/schema/duration"],
  ["config/load.ts", "./rules/rules"],
  ["knowledge-graph/script.ts", "../config/schema/learning"],
  ["tools/pulumi/stack-cluster.ts", "../cluster/kubectl"],
  ["tools/report/markdown.ts", "../recording/recording"],
  ["tools/commands/up/up.ts", "../../pulumi/plan"],
];
const WORD = 'export const NAME = "vapora-secrets";';
const TOKEN = 'export const TYPE = "vapora:index:Store";';

/** Runs the directions alone over texts that stand for files. */
const SCRIPT = `
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { directions } from "./eslint.config.mjs";
const parsed = { files: ["**/*.ts"], languageOptions: { parser: tseslint.parser } };
const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [parsed, ...directions] });
const cases = JSON.parse(process.argv[1]);
const results = await Promise.all(cases.map(([filePath, text]) => eslint.lintText(text, { filePath })));
console.log(JSON.stringify(results.map(([{ messages }]) => messages.map(({ message }) => message))));
`;

function lint(cases: readonly (readonly [file: string, text: string])[]): string[][] {
  const args = ["--input-type=module", "--eval", SCRIPT, JSON.stringify(cases)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[][];
}

const importing = ([file, specifier]: readonly [string, string]): [string, string] => [file, `import "${specifier}";`];

test("an import that looks up fails, and one that looks down does not", () => {
  const found = lint([...FORBIDDEN, ...ALLOWED].map(importing));
  const refused = FORBIDDEN.filter((_, index) => found[index]?.length === 1);
  expect(refused).toEqual(FORBIDDEN);
  expect(found.slice(FORBIDDEN.length)).toEqual(ALLOWED.map(() => []));
});

test("kubernetes/ has no word of VAPORA but the names of its types, and says the platform's name in one file", () => {
  const found = lint([
    ["kubernetes/store.ts", WORD],
    ["kubernetes/store.ts", "export const name = (of: string): string => `vapora-${of}`;"],
    ["kubernetes/store.ts", TOKEN],
    ["kubernetes/platform.ts", WORD],
    ["components/nats.ts", WORD],
  ]);
  expect(found.map((messages) => messages.length)).toEqual([1, 1, 0, 0, 0]);
});
