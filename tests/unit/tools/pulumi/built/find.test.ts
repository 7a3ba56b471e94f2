import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findPulumi } from "../../../../../tools/pulumi/built/find";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vapora-engine-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** A folder with a `pulumi` of some file mode in it. */
function folder(name: string, mode: number): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "pulumi"), "#!/bin/sh\n", { mode });
  return path;
}

function found(...folders: readonly string[]): string | undefined {
  return findPulumi(folders.join(delimiter));
}

test("the first pulumi on PATH is taken", () => {
  const [first, second] = [folder("first", 0o755), folder("second", 0o755)];
  expect(found(join(root, "nowhere"), first, second)).toBe(join(first, "pulumi"));
});

test("a link to it counts", () => {
  const target = folder("installed", 0o755);
  symlinkSync(target, join(root, "linked"));
  expect(found(join(root, "linked"))).toBe(join(root, "linked", "pulumi"));
});

test.each<[string, () => string]>([
  ["the launcher of an npm package, which would load a pulumi", () => folder("app/node_modules/.bin", 0o755)],
  ["a file that cannot be run", () => folder("text", 0o644)],
  [
    "a folder of that name",
    () => {
      mkdirSync(join(root, "tools", "pulumi"), { recursive: true });
      return join(root, "tools");
    },
  ],
  [
    "a link that leads nowhere",
    () => {
      mkdirSync(join(root, "broken"));
      symlinkSync(join(root, "gone"), join(root, "broken", "pulumi"));
      return join(root, "broken");
    },
  ],
])("%s is passed over", (_name, make) => {
  const passedOver = make();
  expect(found(passedOver)).toBeUndefined();
  const real = folder("real", 0o755);
  expect(found(passedOver, real)).toBe(join(real, "pulumi"));
});

test.each(["", delimiter, `${delimiter}${delimiter}`])(
  "an empty PATH (%j) holds none, nor the current folder",
  (path) => {
    const before = process.cwd();
    process.chdir(folder("here", 0o755));
    try {
      expect(findPulumi(path)).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  },
);
