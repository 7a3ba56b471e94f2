import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../tools/shared/processes";
import { buildTools, builtTools, missingTools } from "../../../tools/cluster/go-tools";
import { projectRoot } from "../../../tools/recording/project";
import { describeWith } from "../../support/cluster";

// the first run builds actionlint
jest.setTimeout(600_000);

const root = projectRoot();
const canRun = missingTools(root, ["actionlint"]).length === 0 || spawnSync("go", ["version"]).status === 0;

describeWith("actionlint", canRun ? undefined : "no Go on PATH to build it with", () => {
  /** Its findings, without the shell and Python checkers that may be on PATH. */
  const lint = async (input: string, ...files: readonly string[]): Promise<string> => {
    const args = ["-shellcheck=", "-pyflakes=", "-no-color", "-oneline", ...files];
    const { stdout, stderr } = await run(builtTools(root).path("actionlint"), args, { cwd: root, input });
    return `${stdout}${stderr}`;
  };

  beforeAll(() => buildTools(root, ["actionlint"], () => undefined));

  it("finds nothing in the workflows", async () => {
    const folder = join(root, ".github", "workflows");
    const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
    expect(files.length).toBeGreaterThan(0);
    expect(await lint("", ...files)).toBe("");
  });

  it("is on: it finds an unknown key, an input no action has, and a script made of what others write", async () => {
    const wrong = `
on: pull_request
jobs:
  wrong:
    runs-on: ubuntu-24.04
    timeout: 5
    steps:
      - uses: actions/checkout@v4
        with: { rust: "true" }
      - run: echo "\${{ github.event.pull_request.title }}"
`;
    const found = await lint(wrong, "-");
    expect(found).toContain('unexpected key "timeout"');
    expect(found).toContain('input "rust" is not defined');
    expect(found).toContain("potentially untrusted");
  });
});
