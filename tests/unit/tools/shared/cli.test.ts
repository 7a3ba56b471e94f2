import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scripts } from "../../../../package.json";
import { COMMANDS, MOVED } from "../../../../tools/shared/cli";

const names = Object.keys(COMMANDS);
const run = (...args: readonly string[]): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["tools/launch.js", ...args], { encoding: "utf8" });
  return { status, said: stdout + stderr };
};

test("every script of package.json is a command with a line and a place of its name, or a part of the tests", () => {
  const parts = Object.keys(scripts).filter((name) => !name.startsWith("test:"));
  expect(parts.sort()).toEqual([...names, ...Object.keys(MOVED)].sort());
  const places = names.map((name) => join("tools", "commands", name.replace(":", "-")));
  expect(places.filter((path) => !existsSync(`${path}.ts`) && !existsSync(join(path, "command.ts")))).toEqual([]);
});

test("npm run help has a line for each, and a name that is none leads there", () => {
  const lines = run("help").said.split("\n");
  const told = Object.entries(COMMANDS).filter(([name, line]) =>
    lines.some((text) => text.startsWith(`${name} `) && text.endsWith(`  ${line}`)),
  );
  expect(told.map(([name]) => name)).toEqual(names);
  expect(run("nothing")).toEqual({
    status: 1,
    said: "error: there is no command 'nothing'; npm run help lists them\n",
  });
});

test.each(Object.entries(MOVED))("npm run %s leads to what it has become", (name, type) => {
  expect(run("moved", name)).toEqual({
    status: 1,
    said: `error: npm run ${name} has become part of another command. Type: ${type}\n`,
  });
});
