/** Whether a name or a text looks like a credential. Both err on the side of suspicion. */

/** Parts of names, written together in lower case, that say what a value is. */
const WORDS =
  /passw|passphrase|pwd|secret|token|credential|bearer|(api|access|auth|private|signing|encryption|master|account)keys?(?![a-z])/;
/** Text is split into tokens by a tokenizer, which is no secret. */
const NO_WORDS = /tokeni[sz]/g;

/** Values that are none, whatever the name suggests, by the name's last word. */
const HARMLESS: readonly { readonly words: readonly string[]; readonly value: RegExp }[] = [
  // LLM_MAX_TOKENS=4096, TOKEN_TTL=15m, PASSWORD_MIN_LENGTH=12
  {
    words: ["tokens", "ttl", "length", "size", "lifetime", "expiry", "timeout", "interval", "limit", "count", "days"],
    value: /^\d+(\.\d+)?(ms|s|m|h|d)?$/,
  },
  // TOKEN_FILE=/run/token, TOKEN_URL=https://example.com/token
  { words: ["file", "path", "dir"], value: /^\/[^\s]*$/ },
  { words: ["url", "uri", "endpoint", "issuer"], value: /^https?:\/\/[^\s@]+$/ },
];

/** Credentials whose form gives them away. */
const FORMS = [
  // a URL with a password in it
  /[a-z][a-z0-9+.-]*:\/\/[^\s/@:"']*:[^\s/@"']+@/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\b(ghp|gho|ghs|ghu|github_pat|glpat|xox[abpr])[-_][A-Za-z0-9_-]{16,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./,
];

/** Names and their values as TOML, YAML, JSON, properties and shell write them. */
const ASSIGNMENTS = /["']?([\w.-]+)["']?\s*[:=]\s*("[^"]*"|'[^']*'|\$\{[^}]*\}|[^\s,;{}[\]]+)/g;
/** The same as Redis and NATS write it. */
const DIRECTIVE = /^\s*(?:requirepass|masterauth|password|pass|token)\s+["']?([^\s"']+)["']?\s*$/;
const COMMENT = /^\s*(#|\/\/|;|--)/;
/** A value that stands for another one: `$NAME`, `${NAME}`, `{{ name }}`. */
const REFERENCE = /^(\$\{?\w+\}?|\{\{.*\}\})$/;

/** True if a value under this name is probably a credential, by the name or by its own form. */
export function isCredential(name: string, value: string): boolean {
  if (value === "") return false;
  return hasCredentialForm(value) || (hasCredentialName(name) && !isHarmless(name, value));
}

/** True if a text holds a credential whose form gives it away, wherever in it. */
export function hasCredentialForm(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}

/** Names in a file's text that are given a credential, each once per line; comments are left out. */
export function assignedCredentials(text: string): string[] {
  const lines = text.split("\n").filter((line) => !COMMENT.test(line));
  return lines.flatMap((line) => {
    const directive = DIRECTIVE.exec(line)?.[1];
    if (directive !== undefined && !REFERENCE.test(directive)) return [line.trim().split(/\s/)[0] ?? ""];
    const assigned = [...line.matchAll(ASSIGNMENTS)].map(([, name = "", value = ""]) => ({
      name,
      value: value.replace(/^(["'])(.*)\1$/, "$2"),
    }));
    return assigned
      .filter(({ name, value }) => !REFERENCE.test(value) && isCredential(name, value))
      .map(({ name }) => name);
  });
}

function hasCredentialName(name: string): boolean {
  const joined = wordsOf(name).join("").replace(NO_WORDS, "");
  return WORDS.test(joined) || wordsOf(name).includes("pass");
}

function isHarmless(name: string, value: string): boolean {
  const last = wordsOf(name).pop() ?? "";
  const isFlag = /^(true|false)$/i.test(value);
  return isFlag || HARMLESS.some(({ words, value: form }) => words.includes(last) && form.test(value));
}

/** `llmMaxTokens`, `LLM_MAX_TOKENS` and `llm-max-tokens` are `llm`, `max`, `tokens`. */
function wordsOf(name: string): string[] {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
