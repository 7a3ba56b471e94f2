import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNamed, localFolder, Memory } from "../../local/target";

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
    expect(new Memory(root, "dev", "local").deployer()).toBeUndefined();
    expect(readdirSync(root)).toEqual([]);
  });

  test("keeps how a stack was deployed, inside the ignored folder", () => {
    const memory = new Memory(root, "dev", "local");
    memory.remember("kubectl");
    expect(new Memory(root, "dev", "local").deployer()).toBe("kubectl");
    expect(memory.folder.startsWith(localFolder(root))).toBe(true);
    memory.remember("pulumi");
    expect(memory.deployer()).toBe("pulumi");
  });

  test.each([
    ["another stack", "prod", "local"],
    ["the same stack on another cluster", "dev", "8a7f"],
  ])("is apart for %s", (_name, stack, cluster) => {
    const [memory, other] = [new Memory(root, "dev", "local"), new Memory(root, stack, cluster)];
    memory.remember("kubectl");
    expect(other.deployer()).toBeUndefined();
    expect(other.seed()).not.toBe(memory.seed());
  });

  test("gives the same seed until it is forgotten, readable by its owner alone", () => {
    const memory = new Memory(root, "dev", "local");
    const seed = memory.seed();
    expect(seed).toMatch(/^[0-9a-f]{48}$/);
    expect(new Memory(root, "dev", "local").seed()).toBe(seed);
    expect(statSync(join(memory.folder, "seed")).mode & 0o077).toBe(0);
    memory.remember("kubectl");
    memory.forget();
    expect(existsSync(memory.folder)).toBe(false);
    expect(memory.deployer()).toBeUndefined();
    expect(memory.seed()).not.toBe(seed);
  });

  test("can be forgotten twice", () => {
    const memory = new Memory(root, "dev", "local");
    memory.forget();
    memory.forget();
    expect(memory.deployer()).toBeUndefined();
  });
});
