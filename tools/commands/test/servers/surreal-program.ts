/**
 * SurrealDB's server, built from the Cargo registry by the crate beside this file. Its Cargo.lock decides the version.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../shared/user-error";
import { userCache } from "../../../shared/cache";
import { onPath } from "../../../shared/on-path";
import { run } from "../../../shared/processes";

const FILES = ["Cargo.toml", "Cargo.lock", join("src", "main.rs")];
/** Where Linux distributions have libclang, which the bindings to RocksDB are made with. */
const LIBRARY_FOLDERS = [
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/** Path of the program, once it has been built. */
export function builtSurreal(root: string): string | undefined {
  const path = join(cache(root), "surreal");
  return existsSync(path) ? path : undefined;
}

/** The version that Cargo.lock names. */
export function surrealVersion(root: string): string {
  return packages(root).find(({ name }) => name === "surrealdb-server")?.version ?? "";
}

/** Crates that compile only together, all of the server's version: Cargo by itself takes later ones of some. */
export function surrealCrates(root: string): string[] {
  const all = packages(root).filter(
    ({ name, version }) => name.startsWith("surrealdb") && version === surrealVersion(root),
  );
  return all.map(({ name }) => name);
}

/** Why it cannot be built here; undefined if it can. */
export function whyNoSurreal(): Promise<string | undefined> {
  const reason =
    cargo() === undefined
      ? "no cargo on PATH to build SurrealDB with: https://rustup.rs"
      : onPath("c++") === undefined
        ? "no c++ on PATH to build SurrealDB with: apt-get install g++"
        : onPath("clang") === undefined || !hasLibclang()
          ? "no clang and libclang to build SurrealDB with: apt-get install clang libclang-dev"
          : undefined;
  return Promise.resolve(reason);
}

/**
 * Builds the program. An interrupted build goes on where it stopped.
 * @throws UserError if the build fails; Interrupted
 */
export async function buildSurreal(
  root: string,
  progress: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const folder = cache(root);
  const target = join(folder, "target");
  mkdirSync(target, { recursive: true });
  const total = packages(root).length;
  let compiled = 0;
  const { code, stderr } = await run(cargo() ?? "cargo", ["build", "--locked", "--color", "never"], {
    cwd: crate(root),
    // nothing of the surroundings decides what is built
    env: {
      CARGO_TARGET_DIR: target,
      CARGO_BUILD_TARGET: undefined,
      RUSTFLAGS: undefined,
      CARGO_TERM_PROGRESS_WHEN: "never",
    },
    signal,
    // without cargo its compilers go on by themselves
    endsChildren: true,
    isBackground: true,
    onLine: (line) => {
      const [, crateName] = /^\s*Compiling (\S+ \S+)/.exec(line) ?? [];
      if (crateName !== undefined) progress(`${String(++compiled)} of ${String(total)} crates: ${crateName}`);
    },
  });
  if (code !== 0) {
    throw new UserError(
      `cargo build failed in tools/commands/test/servers/surrealdb:\n${stderr.split("\n").slice(-15).join("\n")}`,
    );
  }
  renameSync(join(target, "debug", "surreal"), join(folder, "surreal"));
  // more than 2 GB that are no longer needed
  rmSync(target, { recursive: true, force: true });
}

function crate(root: string): string {
  return join(root, "tools", "commands", "test", "servers", "surrealdb");
}

function packages(root: string): { readonly name: string; readonly version: string }[] {
  const lock = readFileSync(join(crate(root), "Cargo.lock"), "utf8");
  return [...lock.matchAll(/^\[\[package\]\]\nname = "([^"]+)"\nversion = "([^"]+)"/gm)].map(
    ([, name = "", version = ""]) => ({ name, version }),
  );
}

/** One folder for each content of the crate. */
function cache(root: string): string {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of FILES) hash.update(readFileSync(join(crate(root), file)));
  return join(userCache(), `surrealdb-${hash.digest("hex").slice(0, 16)}`);
}

/** Where rustup puts it is on PATH only after the next login. */
function cargo(): string | undefined {
  const installed = join(homedir(), ".cargo", "bin", "cargo");
  return onPath("cargo") ?? (existsSync(installed) ? installed : undefined);
}

function hasLibclang(): boolean {
  if (process.env.LIBCLANG_PATH !== undefined || process.platform !== "linux") return true;
  const llvm = existsSync("/usr/lib") ? readdirSync("/usr/lib").filter((name) => name.startsWith("llvm")) : [];
  return [...LIBRARY_FOLDERS, ...llvm.map((name) => join("/usr/lib", name, "lib"))].some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => /^libclang[-.\d]*\.so/.test(name)),
  );
}
