/** Secrets that are easy to recognise and hard to write down, and the search for them. */

/** A value for every secret of a stack, each of another kind that some form of writing changes. */
export const CANARIES: Readonly<Record<string, string>> = {
  "vapora:claudeApiKey": `it's "quoted" \\ 4f1c`,
  "vapora:openaiApiKey": "first line\nsecond line 8a27",
  "vapora:geminiApiKey": "100%41%zz & 0b9e",
  // two characters, which no other text here holds
  "vapora:natsPassword": "齾龘",
  "vapora:redisPassword": "Y2FuYXJ5IGluIGJhc2U2NA+/==",
  "vapora:surrealdbPassword": "pässwörd-ключ-🔑",
};

/** Config of a dev stack that uses every one of them. */
export const CANARY_CONFIG: Readonly<Record<string, unknown>> = {
  "vapora:providers": { claude: {}, openai: {}, gemini: {} },
  ...Object.fromEntries(
    ["nats", "redis", "surrealdb"].map((name) => [
      `vapora:${name}`,
      {
        external: {
          host: `${name}.example.com`,
          ranges: ["10.20.0.0/16"],
          username: "vapora",
          ...(name === "surrealdb" ? { namespace: "vapora", database: "vapora" } : {}),
        },
      },
    ]),
  ),
};

/** Keys of the secrets that stand in a text: as they are, for a URL, as JSON, or any of these as base64. */
export function canariesIn(text: string, canaries = CANARIES): string[] {
  const found = Object.entries(canaries).filter(([, value]) => formsOf(value).some((form) => text.includes(form)));
  return found.map(([key]) => key);
}

function formsOf(value: string): string[] {
  const json = inJson(value);
  const written = [value, encodeURIComponent(value), encodeURI(value), json, inJson(json), inAscii(value)];
  return [...new Set([...written, ...written.flatMap(inBase64)])];
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** JSON as some programs write it, with an escape for all but ASCII. */
function inAscii(value: string): string {
  return inJson(value).replace(
    /[^ -~]/g,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** The part of a longer text's base64 that a value alone decides, for each place it may start at; plain and for URLs. */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const complete = Math.floor(((before + bytes.length) * 8) / 6);
    const part = encoded.slice(Math.ceil((before * 8) / 6), complete);
    return [part, part.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
