/** A client of a real SurrealDB, by its HTTP routes. */
import type { KubernetesObject } from "../../../tools/recording/recording";
import { objectNamed, secretValues } from "../recordings";

/** Who signs in, and where it is defined; without a namespace, on the root level. */
export interface Login {
  readonly user: string;
  readonly pass: string;
  readonly ns?: string;
  readonly db?: string;
}

/** What a statement came to. */
interface StatementResult {
  readonly status: "OK" | "ERR";
  readonly result: unknown;
}

/** The login that the recorded Secrets hand to the services. */
export function platformLogin(objects: readonly KubernetesObject[]): Login {
  const secrets = secretValues(objects, "vapora-secrets");
  return {
    user: secrets["database-user"] ?? "",
    pass: secrets["database-password"] ?? "",
    ns: secrets["database-namespace"] ?? "",
    db: secrets["database-name"] ?? "",
  };
}

/** Root's login, as an operator reads it from the recorded Secret. */
export function rootLogin(objects: readonly KubernetesObject[]): Login {
  return { user: "root", pass: secretValues(objects, "surrealdb-credentials")["root-password"] ?? "" };
}

/** The one Job whose name begins like this. */
export function jobNamed(objects: readonly KubernetesObject[], beginning: string): KubernetesObject {
  const names = objects.flatMap(({ kind, metadata }) => (kind === "Job" ? [metadata.name] : []));
  const [name = "", ...more] = names.filter((one) => one.startsWith(beginning));
  if (more.length > 0) throw new Error(`there is more than one Job ${beginning}`);
  return objectNamed(objects, "Job", name);
}

/** The answer of `POST /signin`: a token. @throws Error with what the server says */
export async function signIn(address: string, login: Login): Promise<string> {
  const { code, text } = await post(address, "/signin", JSON.stringify(login), {});
  if (code !== 200) throw new Error(text);
  return (JSON.parse(text) as { token: string }).token;
}

/** The status with which a token is answered: 200, or 401 where the server does not know it any more. */
export async function statusOf(address: string, token: string): Promise<number> {
  return (await query(address, "RETURN 1", { token })).code;
}

/**
 * Results of statements in the platform's database.
 * @throws Error with what the server says, of the whole or of the first statement that failed
 */
export async function sql(address: string, text: string, by: Login | { readonly token: string }): Promise<unknown[]> {
  const { code, text: answer } = await query(address, text, by);
  if (code !== 200) throw new Error(answer);
  const results = JSON.parse(answer) as StatementResult[];
  const failed = results.find(({ status }) => status === "ERR");
  if (failed !== undefined) throw new Error(String(failed.result));
  return results.map(({ result }) => result);
}

/** Status of a plain GET; undefined without an answer within `timeout` milliseconds. */
export function get(address: string, path: string, timeout = 1_000): Promise<number | undefined> {
  return fetch(`http://${address}:8000${path}`, { signal: AbortSignal.timeout(timeout) }).then(
    ({ status }) => status,
    () => undefined,
  );
}

async function query(
  address: string,
  text: string,
  by: Login | { readonly token: string },
): Promise<{ readonly code: number; readonly text: string }> {
  const token = "token" in by ? by.token : await signIn(address, by);
  const place = { "surreal-ns": "vapora", "surreal-db": "vapora" };
  return post(address, "/sql", text, { ...place, authorization: `Bearer ${token}` });
}

async function post(
  address: string,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly text: string }> {
  const answer = await fetch(`http://${address}:8000${path}`, {
    method: "POST",
    headers: { accept: "application/json", ...headers },
    body,
  });
  return { code: answer.status, text: await answer.text() };
}
