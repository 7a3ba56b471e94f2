/** Where the sources of a compiled program are at fault. */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { dirname, join, relative } from "node:path";

/**
 * A stack trace with a program's own frames alone, at their places in its sources, whose files are named from `root`.
 *
 * Node would do it with --enable-source-maps, for every stack trace there is: the SDK takes several for each resource
 * and output, which made up a third of a recording.
 * @param program Real path of the compiled file, which has its source map in it.
 */
export function ownStackTrace(stack: string, program: string, root: string): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => line.startsWith("    at "));
  if (first === -1) return stack;
  const map = sourceMapOf(program);
  const frames = lines.slice(first).flatMap((line) => {
    const [, before = "", at, row, column, after = ""] = /^(.*?)(\/[^()]*):(\d+):(\d+)(\)?)$/.exec(line) ?? [];
    if (at !== program) return [];
    const origin = map?.findOrigin(Number(row), Number(column));
    if (origin === undefined || !("fileName" in origin)) return [];
    const file = relative(root, join(dirname(program), origin.fileName));
    return `${before}${file}:${String(origin.lineNumber)}:${String(origin.columnNumber)}${after}`;
  });
  return [...lines.slice(0, first), ...frames].join("\n");
}

function sourceMapOf(program: string): SourceMap | undefined {
  const [, encoded] =
    /\n\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(readFileSync(program, "utf8")) ?? [];
  if (encoded === undefined) return undefined;
  return new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString()) as SourceMapPayload);
}
