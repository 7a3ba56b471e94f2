/** Compiles a TypeScript entry file, with what it imports from the project, into one file that Node runs. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildSync } from "esbuild";
import type { BuildResult } from "esbuild";
import { Interrupted, RecordError, UserError } from "../shared/user-error";

/** Milliseconds in which a signal that ended the compiler is seen here too. */
const SIGNAL_DELAY = 100;

/** Folder for compiled files: inside node_modules, so that packages resolve from there as they do from the project. */
export function cacheFolder(root: string): string {
  return join(root, "node_modules", ".cache", "vapora");
}

/**
 * Compiles `entry` and gives the path of the result. Always from the sources; the name carries a digest of the
 * content, so that nothing stale is ever run and Node's own compile cache fits.
 * @param signal What a Ctrl-C aborts, which ends the compiler itself: it is in the same terminal.
 * @throws RecordError if it does not compile; Interrupted
 */
export async function compile(root: string, entry: string, signal?: AbortSignal): Promise<string> {
  const [output] = (await build(root, entry, signal)).outputFiles ?? [];
  if (output === undefined) throw new UserError(`${entry} compiles to nothing.`);
  const folder = cacheFolder(root);
  const digest = createHash("sha256").update(output.contents).digest("hex").slice(0, 16);
  const path = join(folder, `${digest}.js`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const unfinished = `${path}.${String(process.pid)}`;
    writeFileSync(unfinished, output.contents);
    renameSync(unfinished, path);
  }
  return path;
}

async function build(root: string, entry: string, signal?: AbortSignal): Promise<BuildResult> {
  try {
    return buildSync({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "cjs",
      target: "node20",
      sourcemap: "inline",
      // nothing is written there by it; the source map names sources from there
      outdir: cacheFolder(root),
      write: false,
      logLevel: "silent",
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (typeof error === "object" && error !== null && "errors" in error)
      throw new RecordError(`The program does not compile: ${text}`);
    await setTimeout(SIGNAL_DELAY);
    if (signal?.aborted === true) throw new Interrupted();
    throw new RecordError(`The compiler did not finish: ${text}`);
  }
}

/** The Node the project pins, where it is installed; else the one that runs this. */
export function nodeBinary(root: string): string {
  const pinned = join(root, "node_modules", "node", "bin", "node");
  return existsSync(pinned) ? pinned : process.execPath;
}
