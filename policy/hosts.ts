/** Hosts that values name. */

/** Every text in a value. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/**
 * Hosts of the URLs in a value's texts, this machine's own left out. With `fields`, every text under a key `host`
 * counts as well.
 */
export function hostsOf(value: unknown, fields: boolean): string[] {
  const urls = textsIn(value).flatMap((text) =>
    [...text.matchAll(/[a-z]+:\/\/(?:[^@\s/]*@)?([^:/\s"']+)/g)].map(([, host]) => host ?? ""),
  );
  const named = fields ? hostFields(value) : [];
  return [...urls, ...named].filter((host) => !/^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0)$/.test(host));
}

function hostFields(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "host" && typeof inner === "string" ? [inner] : hostFields(inner),
  );
}
