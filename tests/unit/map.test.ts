/** The map of the folders: README.md has those at the top, docs/architecture.md those of tools/ as well. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const files = spawnSync("git", ["ls-files"], { encoding: "utf8" }).stdout.split("\n");
const folders = (under: RegExp): string[] =>
  [...new Set(files.flatMap((path) => under.exec(path)?.[1] ?? []))].filter((name) => !name.startsWith(".")).sort();
const top = folders(/^([^/]+)\//);
const rooms = folders(/^(tools\/[^/]+)\//);

/** Folders that the map in README.md has, a line each: the name, a slash, and what is in it. */
function inReadme(): string[] {
  const [, map = ""] = /^## How it is built$[^]*?^```$([^]*?)^```$/m.exec(readFileSync("README.md", "utf8")) ?? [];
  return [...map.matchAll(/^([\w-]+)\/\S* +\S+ \S+/gm)].map(([, name = ""]) => name);
}

/** Folders that the table in docs/architecture.md has. */
function inArchitecture(): string[] {
  const text = readFileSync("docs/architecture.md", "utf8");
  return [...text.matchAll(/^\| `([\w/-]+)\/` +\| \S+ \S+/gm)].map(([, name = ""]) => name);
}

test("README.md gives every folder at the top a sentence", () => {
  expect(top).toEqual(expect.arrayContaining(["components", "tools"]));
  const named = inReadme();
  expect(top.filter((name) => !named.includes(name))).toEqual([]);
});

test("docs/architecture.md gives every folder at the top and every room of tools/ a sentence, and no other", () => {
  expect(rooms.length).toBeGreaterThan(4);
  const named = inArchitecture();
  const wanted = [...top.filter((name) => name !== "tools"), ...rooms];
  expect(wanted.filter((name) => !named.includes(name))).toEqual([]);
  expect(named.filter((name) => name.startsWith("tools/") && !rooms.includes(name))).toEqual([]);
});
