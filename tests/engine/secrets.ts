/** Whether a text tells a secret. Values never leave this file: a failing test shows names only. */
import { createHash } from "node:crypto";
import type { LiveObject, TestStack } from "../support/engine";
import { isCredential } from "../support/recordings";

interface Secret extends LiveObject {
  readonly data: Readonly<Record<string, string>>;
}

/** Names of the live secrets that stand in a text: in the clear, as base64, or as the password of a URL. */
export async function secretsIn(text: string, stack: TestStack): Promise<string[]> {
  const values = (await stack.live<Secret>("secrets")).flatMap(({ metadata, data }) =>
    Object.entries(data)
      .filter(([key, encoded]) => isCredential(key, Buffer.from(encoded, "base64").toString()))
      .map(([key, encoded]) => ({ name: `${metadata.name}/${key}`, forms: formsOf(encoded) })),
  );
  return values.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ name }) => name);
}

/** A digest of a live secret, to tell whether it has changed. */
export async function fingerprint(stack: TestStack, name: string, key: string): Promise<string> {
  const found = (await stack.live<Secret>("secrets")).find(({ metadata }) => metadata.name === name)?.data[key];
  if (found === undefined) throw new Error(`there is no Secret ${name} with the key ${key}`);
  return createHash("sha256").update(found).digest("hex");
}

function formsOf(encoded: string): string[] {
  const value = Buffer.from(encoded, "base64").toString();
  const password = URL.canParse(value) ? new URL(value).password : "";
  return [encoded, value, ...(password === "" ? [] : [password])];
}
