import * as pulumi from "@pulumi/pulumi";
import { surrealArguments } from "../../../../components/surrealdb/server";
import { initScript, usersOf, usersScript } from "../../../../components/surrealdb/users";
import { objectsOf, RECORDING_TIMEOUT, secretValues } from "../../../support/recordings";
import { surreal } from "../../../support/database-users";
import type { User } from "../../../support/database-users";
import { fixtureStack } from "../../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

function known<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

function script(password: string): Promise<string> {
  return known(initScript([{ ...vapora(password), role: "EDITOR" }], pulumi.output("root-password"), ""));
}

function vapora(password: string): User {
  return { username: "vapora", password };
}

/** The users after a number of rotations, the current one first. */
function users(rotation: number): Promise<User[]> {
  return known(usersOf("seed", rotation));
}

/** The script of a rotation's Job. */
function rotated(rotation: number): Promise<string> {
  return known(usersScript(usersOf("seed", rotation)));
}

test("the start-up script makes a user who may work in this database and nowhere else", async () => {
  const queries = [
    "DEFINE TABLE task; CREATE task:1 SET title = 'x'; SELECT * FROM task",
    "DEFINE USER other ON DATABASE PASSWORD 'x' ROLES OWNER",
    "INFO FOR ROOT",
    "REMOVE NAMESPACE vapora",
  ];
  const { signedIn, results } = surreal([await script("first")], vapora("first"), queries);
  expect(signedIn).toBe("ok");
  expect(results[0]).toBe("ok");
  for (const refused of results.slice(1)) expect(refused).toContain("Not enough permissions");
});

test("running it again changes nothing, and a new password takes the place of the old one", async () => {
  const scripts = [await script("first"), await script("first"), await script("second")];
  expect(surreal(scripts, vapora("second")).signedIn).toBe("ok");
  expect(surreal(scripts, vapora("first")).signedIn).toContain("authentication");
});

test.each(["address", "login"])(
  "the script of a stack is what its database-url signs in with (%s)",
  async (urlForm) => {
    const surrealdb = { ...(fixtureStack("dev").config["vapora:surrealdb"] as object), urlForm };
    const objects = await objectsOf("dev", { "vapora:surrealdb": surrealdb });
    const secrets = secretValues(objects, "vapora-secrets");
    const password = secrets["database-password"] ?? "";
    expect(secrets).toMatchObject({
      "database-url":
        urlForm === "address"
          ? "surrealdb-0.vapora-dev:8000"
          : `ws://vapora:${password}@surrealdb-0.vapora-dev:8000/vapora/vapora`,
      "database-host": "surrealdb-0.vapora-dev",
      "database-port": "8000",
      "database-namespace": "vapora",
      "database-name": "vapora",
      "database-user": "vapora",
    });
    const init = secretValues(objects, "surrealdb-credentials")["init.surql"] ?? "";
    expect(surreal([init], vapora(password)).signedIn).toBe("ok");
  },
);

describe("a rotation", () => {
  const start = async (rotation: number): Promise<string> =>
    known(initScript(usersOf("seed", rotation), pulumi.output("r"), ""));
  const signsIn = (scripts: readonly string[], user: User | undefined): boolean =>
    surreal(scripts, user ?? vapora("")).signedIn === "ok";

  test.each([1, 2, 3])("lets the new user in and the one before it, and nobody else (%d)", async (rotation) => {
    const use = "USE NS vapora DB vapora;";
    const scripts = [await start(0)];
    for (let number = 1; number <= rotation; number++) scripts.push(`${use} ${await rotated(number)}`);
    const [current, previous] = await users(rotation);
    expect(signsIn(scripts, current)).toBe(true);
    expect(signsIn(scripts, previous)).toBe(true);
    const [gone] = await users(rotation - 2 < 0 ? 99 : rotation - 2);
    expect(signsIn(scripts, gone)).toBe(false);
  });

  test("leaves the same users as a restart of the database would, in either order", async () => {
    const [restart, job] = [await start(1), `USE NS vapora DB vapora; ${await rotated(1)}`];
    for (const scripts of [[restart], [restart, job], [await start(0), job, restart]]) {
      for (const user of await users(1)) expect(signsIn(scripts, user)).toBe(true);
    }
  });

  test("by two shuts a password out at once that has become known", async () => {
    const scripts = [await start(0), `USE NS vapora DB vapora; ${await rotated(2)}`];
    const [leaked] = await users(0);
    const [current] = await users(2);
    expect([signsIn(scripts, leaked), signsIn(scripts, current)]).toEqual([false, true]);
  });

  test("gives passwords that are different, stay the same, and stand in a URL as they are", async () => {
    const passwords = (await Promise.all([0, 1, 2, 3].map(users))).map(([user]) => user?.password ?? "");
    expect(new Set(passwords).size).toBe(4);
    expect((await users(3))[1]?.password).toBe(passwords[2]);
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{40}$/);
  });
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
