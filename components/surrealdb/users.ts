/** Users and passwords of the bundled SurrealDB. */
import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Credentials } from "../../kubernetes/data-service";
import type { Platform } from "../../kubernetes/platform";

/** The platform's own SurrealDB namespace and database in a bundled one. */
export const BUNDLED = { namespace: "vapora", database: "vapora" } as const;
/** The platform's users, by turns: while one password is replaced, the other one's user still lets the pods in. */
const USERS = ["vapora", "vapora_alternate"] as const;
/** Who imports the knowledge graph. */
const IMPORTER = "knowledge_graph";
const PLATFORM_ROLE = "EDITOR";
const IMPORTER_ROLE = "OWNER";

/** A user of the database, and what it may do: SurrealDB's roles. */
export interface DatabaseUser extends Credentials {
  /** EDITOR: data and schema. OWNER: users and access rules as well, which `/import` asks for. */
  readonly role: "EDITOR" | "OWNER";
}

/**
 * The start-up file, which the server runs with the owner's rights at every start: it makes the platform's namespace
 * and database, the user `root` for operators, and the users given, of this database alone; then it runs `graph`, so
 * that a database on a new or restored volume has the knowledge graph without a Job.
 */
export function initScript(
  users: readonly DatabaseUser[],
  rootPassword: pulumi.Input<string>,
  graph: string,
): pulumi.Output<string> {
  const root = { username: "root", password: rootPassword, role: "OWNER" } as const;
  return pulumi.interpolate`DEFINE NAMESPACE IF NOT EXISTS ${BUNDLED.namespace};
USE NS ${BUNDLED.namespace};
DEFINE DATABASE IF NOT EXISTS ${BUNDLED.database};
USE DB ${BUNDLED.database};
${definition(root, "ROOT")}${usersScript(users)}${graph}`;
}

/** The start-up file without what changes while the database runs: passwords, the users' turns, the graph. */
export function initShape(): pulumi.Output<string> {
  const user = { username: USERS[0], password: "", role: PLATFORM_ROLE } as const;
  const importer = { username: IMPORTER, password: "", role: IMPORTER_ROLE } as const;
  return initScript([user, importer], "", "");
}

/** SurrealQL that gives a running database's users their passwords. */
export function usersScript(users: readonly DatabaseUser[]): pulumi.Output<string> {
  return pulumi.all(users.map((user) => definition(user, "DATABASE"))).apply((texts) => texts.join(""));
}

/**
 * Defines a user unless it is there with this password and role: to define it again would make a new signing key, and
 * with it every token that the user was issued would be refused. The server shows no hash, so the user's comment holds
 * a digest of the password, which goes with the user into a dump and back.
 */
function definition(
  { username, password: value, role }: DatabaseUser,
  level: "ROOT" | "DATABASE",
): pulumi.Output<string> {
  const users = `(INFO FOR ${level === "ROOT" ? "ROOT" : "DB"} STRUCTURE).users`;
  return pulumi.output(value).apply((text) => {
    // the password has 160 bits, so that its digest tells nothing of it
    const comment = `password ${createHash("sha256").update(text).digest("hex")}`;
    return `IF ${users}[WHERE name = '${username}' AND roles = ['${role}'] AND comment = '${comment}'] = [] {
  DEFINE USER OVERWRITE ${username} ON ${level} PASSWORD '${text}' ROLES ${role} COMMENT '${comment}'
};
`;
  });
}

/** The platform's users after a number of rotations: the current one first, then the one it took over from. */
export function usersOf(seed: pulumi.Input<string>, rotation: number): DatabaseUser[] {
  const numbers = rotation === 0 ? [0] : [rotation, rotation - 1];
  return numbers.map((number) => ({
    username: USERS[number % 2 === 0 ? 0 : 1],
    password: password(seed, "user", number),
    role: PLATFORM_ROLE,
  }));
}

/**
 * The user of the Job that imports the knowledge graph: OWNER of the platform's database and of nothing else, since the
 * server refuses `/import` to an EDITOR. Its name stays, so that a rotation does not rerun the import.
 */
export function importerOf(seed: pulumi.Input<string>, rotation: number): DatabaseUser {
  return { username: IMPORTER, password: password(seed, "importer", rotation), role: IMPORTER_ROLE };
}

/**
 * SurrealQL for the importer that fails where the start-up file has not made the platform's user: the server itself
 * starts, whatever becomes of the file's statements.
 */
export const STARTUP_CHECK = `IF (INFO FOR DB STRUCTURE).users[WHERE name IN ${JSON.stringify(USERS)} AND roles = ['${PLATFORM_ROLE}']] = [] {
  THROW 'The start-up file of the database has not made its users; the log of the database says more.'
};
`;

/** The one the platform signs in as. */
export function currentOf([current]: readonly DatabaseUser[]): DatabaseUser {
  if (current === undefined) throw new Error("a database needs a user");
  return current;
}

/** What the generated passwords are made from. It is used for nothing else, and stays the same from run to run. */
export function createPasswordSeed(
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
