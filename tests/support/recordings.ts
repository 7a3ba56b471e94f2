/** Recordings for tests: each distinct one is made once per test file, all in one process. */
import { openRecorder } from "../../tools/recording/record";
import type { ProjectRecorder } from "../../tools/recording/record";
import { kubernetesObjects } from "../../tools/recording/recording";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { STACK_FILES } from "./stacks";

let recorder: Promise<ProjectRecorder> | undefined;
const made = new Map<string, Promise<Recording>>();

afterAll(async () => {
  await (await recorder)?.close();
});

export { STACKS } from "./stacks";

/** Longer than jest's own limit: several recordings may be made on a busy machine. */
export const RECORDING_TIMEOUT = 300_000;

/** The recording of one of the tests' own stacks, with config that replaces the file's, by full key. After one that fails there is none. */
export function recording(stack: string, config: Readonly<Record<string, unknown>> = {}): Promise<Recording> {
  const key = JSON.stringify([stack, config]);
  recorder ??= openRecorder({ stackFiles: STACK_FILES });
  const known = made.get(key) ?? recorder.then(({ record }) => record(stack, config));
  made.set(key, known);
  return known;
}

/** The Kubernetes objects of a stack. */
export async function objectsOf(
  stack: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<KubernetesObject[]> {
  return kubernetesObjects(await recording(stack, config)).map(({ object }) => object);
}

/** One object by kind and name. @throws Error if there is none, or more than one. */
export function objectNamed(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined || more.length > 0) throw new Error(`there is not exactly one ${kind} ${name}`);
  return found;
}

/** The values of one Secret. */
export function secretValues(objects: readonly KubernetesObject[], name: string): Readonly<Record<string, string>> {
  return objectNamed(objects, "Secret", name).stringData as Record<string, string>;
}

/** Keys of our Secrets that hold no secret: where a data service is, and who signs in. */
const OPEN_KEYS = /^(database-)?(host|port|namespace|name|user)$|^database-url$/;

/** True for a value that nobody else may see, by its key in the Secret; a URL is one only with a login in it. */
export function isCredential(key: string, value: string): boolean {
  return !OPEN_KEYS.test(key) || value.includes("@");
}

/** Every value of a Secret that nobody else may see. */
export function credentialValues(objects: readonly KubernetesObject[]): string[] {
  return objects
    .flatMap(({ stringData }) => Object.entries((stringData ?? {}) as Readonly<Record<string, string>>))
    .filter(([key, value]) => isCredential(key, value))
    .map(([, value]) => value);
}

/** Keys of the Secret vapora-secrets by which the database is reached. */
export const DATABASE_KEYS = ["host", "name", "namespace", "password", "port", "url", "user"].map(
  (part) => `database-${part}`,
);
