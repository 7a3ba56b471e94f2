/** The files of a container's root: its programs, and the libraries that the loader finds for them on this machine. */
import { basename, isAbsolute } from "node:path";
import { run } from "../../../tools/shared/processes";
import { onPath } from "../programs";
import type { ImageContent } from "./images";
import type { Mount } from "./volumes";

/** Drops rights and becomes the container's process; it must be in the root, and lies where no image has anything. */
export const SETPRIV = "/.rig/setpriv";

const DEVICES = ["null", "zero", "full", "random", "urandom"];

/** Mounts of programs, their libraries and devices. */
export async function filesOf({ files, libraryPath }: ImageContent): Promise<Mount[]> {
  const setpriv = onPath("setpriv") ?? "";
  const programs = { ...files, [SETPRIV]: setpriv };
  const libraries = await Promise.all(
    [...new Set(Object.values(programs))].map((path) => librariesOf(path, libraryPath)),
  );
  const targets = new Map(libraries.flat().map((path) => [targetOf(path), path]));
  return [
    ...Object.entries(programs).map(([target, source]) => ({ source, target, isReadOnly: true })),
    ...[...targets].map(([target, source]) => ({ source, target, isReadOnly: true })),
    ...DEVICES.map((name) => ({ source: `/dev/${name}`, target: `/dev/${name}`, isReadOnly: false })),
  ];
}

/** The loader must lie where programs name it; all others it finds in its own folder. */
function targetOf(path: string): string {
  return basename(path).startsWith("ld-linux") ? path : `/usr/lib/${basename(path)}`;
}

const known = new Map<string, Promise<string[]>>();

function librariesOf(program: string, libraryPath: string | undefined): Promise<string[]> {
  const found = known.get(program) ?? ask(program, libraryPath);
  known.set(program, found);
  return found;
}

/** Without any for a program that is linked statically. @throws Error if one is missing */
async function ask(program: string, libraryPath: string | undefined): Promise<string[]> {
  const env = libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath };
  const { stdout } = await run("ldd", [program], { env });
  const missing = /^\s*(\S+) => not found/m.exec(stdout);
  if (missing !== null) throw new Error(`${program} needs ${missing[1] ?? ""}, which this machine does not have`);
  return stdout
    .split("\n")
    .map((line) => /^\s*(?:\S+ => )?(\S+) \(0x/.exec(line)?.[1] ?? "")
    .filter((path) => isAbsolute(path));
}
