/** The value at a path inside another; undefined if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

/** The same value with another one at a path; mappings on the way are made where there are none. */
export function withValueAt(value: unknown, [part, ...rest]: readonly string[], inner: unknown): unknown {
  if (part === undefined) return inner;
  const mapping = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...mapping, [part]: withValueAt(mapping[part], rest, inner) };
}
