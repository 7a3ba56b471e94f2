import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { initScript, surrealArguments } from "../../components/surrealdb";
import { nodeBinary } from "../../offline/compile";
import { objectsOf, RECORDING_TIMEOUT, secretValues } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

interface Outcome {
  readonly signedIn: string;
  readonly results: readonly string[];
}

/** Runs scripts as the owner, then queries as the platform's database user. */
function surreal(scripts: readonly string[], password: string, queries: readonly string[] = []): Outcome {
  const login = { namespace: "vapora", database: "vapora", username: "vapora", password };
  const program = join(__dirname, "..", "support", "surreal.mjs");
  const { stdout, stderr } = spawnSync(nodeBinary(process.cwd()), [program], {
    input: JSON.stringify({ scripts, login, queries }),
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Outcome;
}

function script(password: string): Promise<string> {
  const text = initScript(pulumi.output(password), pulumi.output("root-password"));
  return new Promise((resolve) => text.apply(resolve));
}

test("the start-up script makes a user who may work in this database and nowhere else", async () => {
  const queries = [
    "DEFINE TABLE task; CREATE task:1 SET title = 'x'; SELECT * FROM task",
    "DEFINE USER other ON DATABASE PASSWORD 'x' ROLES OWNER",
    "INFO FOR ROOT",
    "REMOVE NAMESPACE vapora",
  ];
  const { signedIn, results } = surreal([await script("first")], "first", queries);
  expect(signedIn).toBe("ok");
  expect(results[0]).toBe("ok");
  for (const refused of results.slice(1)) expect(refused).toContain("Not enough permissions");
});

test("running it again changes nothing, and a new password takes the place of the old one", async () => {
  const scripts = [await script("first"), await script("first"), await script("second")];
  expect(surreal(scripts, "second").signedIn).toBe("ok");
  expect(surreal(scripts, "first").signedIn).toContain("authentication");
});

test("the script of a stack is what its database-url signs in with", async () => {
  const objects = await objectsOf("dev");
  const url = new URL(secretValues(objects, "vapora-secrets")["database-url"] ?? "");
  const init = secretValues(objects, "surrealdb-credentials")["init.surql"] ?? "";
  expect([url.protocol, url.host, url.username, url.pathname]).toEqual([
    "ws:",
    "surrealdb-0.vapora-dev:8000",
    "vapora",
    "/vapora/vapora",
  ]);
  expect(surreal([init], decodeURIComponent(url.password)).signedIn).toBe("ok");
});

test("the command line uses what `surreal start` documents", () => {
  // https://surrealdb.com/docs/surrealdb/cli/start
  const options = {
    "--bind": /^0\.0\.0\.0:8000$/,
    "--log": /^(none|error|warn|info|debug|trace)$/,
    "--import-file": /^\/.*\.surql$/,
  };
  const [subcommand, ...rest] = surrealArguments();
  const path = rest.pop();
  expect(subcommand).toBe("start");
  expect(path).toMatch(/^rocksdb:\/\/\/data\//);
  expect(rest.filter((_, index) => index % 2 === 0)).toEqual(Object.keys(options));
  Object.values(options).forEach((allowed, index) => {
    expect(rest[2 * index + 1]).toMatch(allowed);
  });
});
