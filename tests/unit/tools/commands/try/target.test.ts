import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNamed, Memory } from "../../../../../tools/commands/try/target";
import { localFolder } from "../../../../../tools/shared/cache";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vapora-target-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

test.each([
  [{}, false],
  [{ kubeconfig: "file" }, true],
  [{ context: "work" }, true],
  [{ kubeconfig: "file", context: "work" }, true],
])("%j names a cluster: %s", (options, expected) => {
  expect(isNamed(options)).toBe(expected);
});

test("an exported KUBECONFIG names no cluster", () => {
  process.env.KUBECONFIG = "/somewhere/else";
  try {
    expect(isNamed({})).toBe(false);
  } finally {
    delete process.env.KUBECONFIG;
  }
});

describe("the memory of what was deployed", () => {
  test("is empty at first, and asking writes nothing", () => {
    expect(new Memory(root, "dev", "local").isDeployed()).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });

  test("lies inside the ignored folder, and is there as soon as anything is written", () => {
    const memory = new Memory(root, "dev", "local");
    expect(memory.folder.startsWith(localFolder(root))).toBe(true);
    mkdirSync(memory.folder, { recursive: true });
    expect(new Memory(root, "dev", "local").isDeployed()).toBe(true);
  });

  test.each([
    ["another stack", "prod", "local"],
    ["the same stack on another cluster", "dev", "8a7f"],
  ])("is apart for %s", (_name, stack, cluster) => {
    mkdirSync(new Memory(root, "dev", "local").folder, { recursive: true });
    expect(new Memory(root, stack, cluster).isDeployed()).toBe(false);
  });

  test("refuses what a former release deployed with kubectl, which is in no state", () => {
    const memory = new Memory(root, "dev", "local");
    expect(() => {
      memory.refuseFormer("dev");
    }).not.toThrow();
    mkdirSync(memory.folder, { recursive: true });
    writeFileSync(join(memory.folder, "deployer"), "kubectl");
    expect(() => {
      memory.refuseFormer("dev");
    }).toThrow("Stack dev was deployed here with kubectl, by a former release.");
  });

  test("can be forgotten, and forgotten again", () => {
    const memory = new Memory(root, "dev", "local");
    mkdirSync(memory.folder, { recursive: true });
    memory.forget();
    memory.forget();
    expect(memory.isDeployed()).toBe(false);
  });
});
