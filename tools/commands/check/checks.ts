/** The quality gate. */
import { join } from "node:path";
import { UserError } from "../../shared/user-error";
import { nodeBinary } from "../../recording/compile";
import { run } from "../../shared/processes";
import { TYPE_CHECK } from "./type-check";

/** What is checked, each by a program of node_modules. */
const CHECKS = [
  { title: "format (prettier)", program: "prettier/bin/prettier.cjs", args: ["--check", "--log-level", "warn", "."] },
  { title: "lint (eslint)", program: "eslint/bin/eslint.js", args: [".", "--max-warnings", "0"] },
  { title: "types (tsc)", program: TYPE_CHECK.program, args: ["--project", "tsconfig.json", ...TYPE_CHECK.args] },
] as const;

/** Runs every check. @throws UserError with all that they found. */
export async function check(root: string, signal?: AbortSignal): Promise<void> {
  const results = await Promise.all(
    CHECKS.map(async ({ title, program, args }) => {
      const path = join(root, "node_modules", program);
      const { code, stdout, stderr } = await run(nodeBinary(root), [path, ...args], { cwd: root, signal });
      console.log(`${code === 0 ? "ok    " : "failed"}  ${title}`);
      return code === 0 ? [] : [`${title}:\n${stdout}${stderr}`];
    }),
  );
  const failed = results.flat();
  if (failed.length > 0)
    throw new UserError(`${String(failed.length)} of ${String(CHECKS.length)} checks failed.\n${failed.join("\n")}`);
}
