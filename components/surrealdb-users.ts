/** Users and passwords of the bundled SurrealDB. */
import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Credentials } from "./data-service";
import type { Platform } from "./platform";

/** The platform's own SurrealDB namespace and database in a bundled one. */
export const BUNDLED = { namespace: "vapora", database: "vapora" } as const;
/** The platform's users, by turns: while one password is replaced, the other one's user still lets the pods in. */
const USERS = ["vapora", "vapora_alternate"] as const;
/** Who brings the knowledge graph in. */
const IMPORTER = "knowledge_graph";

/**
 * SurrealQL that makes the platform's namespace, database and users: `root` for operators, and those given, who may
 * edit this database's data and schema and nothing else. Users are overwritten at every start, so a new password takes
 * effect with a restart; namespace and database are left alone if they exist.
 */
export function initScript(users: readonly Credentials[], rootPassword: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.interpolate`DEFINE USER OVERWRITE root ON ROOT PASSWORD '${rootPassword}' ROLES OWNER;
DEFINE NAMESPACE IF NOT EXISTS ${BUNDLED.namespace};
USE NS ${BUNDLED.namespace};
DEFINE DATABASE IF NOT EXISTS ${BUNDLED.database};
USE DB ${BUNDLED.database};
${definitions(users)}`;
}

/** SurrealQL that gives the platform's users their passwords in a running database. */
export function usersScript(users: readonly Credentials[]): pulumi.Output<string> {
  return pulumi.interpolate`OPTION IMPORT;
${definitions(users)}`;
}

function definitions(users: readonly Credentials[]): pulumi.Output<string> {
  const lines = users.map(
    ({ username, password: value }) =>
      pulumi.interpolate`DEFINE USER OVERWRITE ${username} ON DATABASE PASSWORD '${value}' ROLES EDITOR;\n`,
  );
  return pulumi.all(lines).apply((texts) => texts.join(""));
}

/** The platform's users after a number of rotations: the current one first, then the one it took over from. */
export function usersOf(seed: pulumi.Input<string>, rotation: number): Credentials[] {
  const numbers = rotation === 0 ? [0] : [rotation, rotation - 1];
  return numbers.map((number) => ({
    username: USERS[number % 2 === 0 ? 0 : 1],
    password: password(seed, "user", number),
  }));
}

/**
 * The user of the Job that brings the knowledge graph in. It may change schema and data of the platform's database, as
 * the platform's own may, and no users: SurrealDB's role EDITOR. Its name stays, so that a rotation brings nothing in
 * again.
 */
export function importerOf(seed: pulumi.Input<string>, rotation: number): Credentials {
  return { username: IMPORTER, password: password(seed, "importer", rotation) };
}

/** The one the platform signs in as. */
export function currentOf([current]: readonly Credentials[]): Credentials {
  if (current === undefined) throw new Error("a database needs a user");
  return current;
}

/** What the generated passwords are made from. It is used for nothing else, and stays the same from run to run. */
export function passwordSeed(
  name: string,
  { dataProtection }: Pick<Platform, "dataProtection">,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  return new random.RandomPassword(
    `${name}-password-seed`,
    { length: 64, special: false },
    { parent, protect: dataProtection },
  ).result;
}

/**
 * A password of 160 bits as hexadecimal digits, which stand in a URL and in SurrealQL as they are. A new rotation
 * gives one that cannot be told from those before it.
 */
export function password(
  seed: pulumi.Input<string>,
  owner: "user" | "root" | "importer",
  rotation: number,
): pulumi.Output<string> {
  const digest = pulumi.output(seed).apply((key) =>
    createHmac("sha256", key)
      .update(`${owner} ${String(rotation)}`)
      .digest("hex")
      .slice(0, 40),
  );
  return pulumi.secret(digest);
}
