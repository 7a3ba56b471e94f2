/** The oldest Node that package.json allows, from npm: commands begin with it, and the program runs with it. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM_FOLDERS, projectRoot } from "../../../../tools/recording/project";
import { record } from "../../../../tools/recording/record";
import { run } from "../../../../tools/shared/processes";
import { recording } from "../../../support/recordings";
import { STACK_FILES } from "../../../support/stacks";

jest.setTimeout(300_000);

const ROOT = projectRoot();
const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly engines: { readonly node: string };
};

describe(`Node ${engines.node}`, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "vapora-oldest-node-")));
  const node = join(folder, "node_modules", "node", "bin", "node");

  beforeAll(async () => {
    for (const name of ["index.ts", ...PROGRAM_FOLDERS, "package.json", "tsconfig.json"])
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    mkdirSync(join(node, ".."), { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules")).filter((entry) => !["node", ".cache"].includes(entry)))
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    const oldest = `${engines.node.replace(/^>=/, "")}.0.0`;
    const name = `node-${process.platform}-${process.arch}`;
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--prefix", join(folder, "oldest")];
    const { code, stderr } = await run("npm", ["install", ...flags, `${name}@${oldest}`]);
    if (code !== 0) throw new Error(`npm could not bring Node ${oldest}:\n${stderr}`);
    symlinkSync(join(folder, "oldest", "node_modules", name, "bin", "node"), node);
    expect((await run(node, ["--version"])).stdout).toBe(`v${oldest}\n`);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("begins a command", async () => {
    const { code, stdout } = await run(node, [join(ROOT, "tools", "launch.js"), "help"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("npm run <command>")]);
  });

  test("runs the program: what it asks for is the same", async () => {
    expect(await record("dev", { root: folder, stackFiles: STACK_FILES })).toEqual(await recording("dev"));
  });
});
