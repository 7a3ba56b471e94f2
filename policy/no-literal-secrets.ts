import { z } from "zod";
import { assignedCredentials, hasCredentialForm, isCredential } from "./looks-like-credential";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";
import { containersOf, podsOf } from "./pod-templates";
import type { Finding, ObjectRule } from "./policy-rule";

const INSTEAD = "Put the value into a Secret and refer to it with secretKeyRef.";
const configMap = z.object({
  data: z.record(z.string(), z.string()).nullish(),
  binaryData: z.record(z.string(), z.string()).nullish(),
});

/** Credentials stand in Secret objects only. */
export const noLiteralSecrets: ObjectRule = {
  name: "no-literal-secrets",
  why: "Whoever may read the object, its diff or this repository would read the credential.",
  scope: "object",
  check: (object) => {
    if (object.kind === "Secret") return [];
    const facts = [...environment(object), ...commandLines(object), ...files(object), ...markedSecret(object)];
    return facts.map((fact): Finding => ({ object, fact, instead: INSTEAD }));
  },
};

function environment(object: PolicyObject): string[] {
  return podsOf(object)
    .flatMap(containersOf)
    .flatMap(({ name: container, env }) =>
      (env ?? [])
        .filter(({ name, value }) => isCredential(name, value ?? ""))
        .map(({ name }) => `gives the environment variable ${name} of container ${container} a literal credential`),
    );
}

function commandLines(object: PolicyObject): string[] {
  return podsOf(object)
    .flatMap(containersOf)
    .filter(({ command, args }) => holdsCredential([...(command ?? []), ...(args ?? [])]))
    .map(({ name }) => `starts container ${name} with a credential on its command line`);
}

/** `--password=x` in one argument, or `--password` and its value in two; `$(NAME)` is a reference. */
function holdsCredential(words: readonly string[]): boolean {
  return words.some((word, index) => {
    if (hasCredentialForm(word)) return true;
    const [, name, inline] = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/.exec(word) ?? [];
    const next = words[index + 1] ?? "";
    const value = inline ?? (next.startsWith("-") ? "" : next);
    return name !== undefined && !/^\$\(\w+\)$/.test(value) && isCredential(name, value);
  });
}

function files(object: PolicyObject): string[] {
  if (object.kind !== "ConfigMap") return [];
  const { data, binaryData } = read(configMap, object.content, object.title);
  const texts = [
    ...Object.entries(data ?? {}),
    ...Object.entries(binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()] as const),
  ];
  return texts.flatMap(([key, text]) => [
    ...(isCredential(key, text) ? [`holds a credential under the key ${key}`] : []),
    ...assignedCredentials(text).map((name) => `gives ${name} a literal credential in the file ${key}`),
  ]);
}

/** What the program itself calls secret is one. */
function markedSecret({ secretPaths }: PolicyObject): string[] {
  return secretPaths.map((path) => `holds a value that is marked secret at ${path.join(".")}`);
}
