/** Users of a database on the embedded engine, for tests. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { nodeBinary } from "../../tools/recording/compile";

/** What came of signing in, and of each query: `"ok"` or its error. */
export interface Outcome {
  readonly signedIn: string;
  readonly results: readonly string[];
}

export interface User {
  readonly username: string;
  readonly password: string;
}

/** Runs scripts as the owner, then queries as one of the platform's database users. */
export function surreal(scripts: readonly string[], user: User, queries: readonly string[] = []): Outcome {
  const login = { namespace: "vapora", database: "vapora", ...user };
  const { stdout, stderr } = spawnSync(nodeBinary(process.cwd()), [join(__dirname, "surreal.mjs")], {
    input: JSON.stringify({ scripts, login, queries }),
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Outcome;
}
