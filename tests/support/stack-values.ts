/** Single values as stack files may hold them, for generators that know nothing of the schema. */
import fc from "fast-check";

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Section = Record<string, Value>;
export type Arb = fc.Arbitrary<Value>;

export const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
export const dns = fc.array(name, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
export const word = fc.stringMatching(/^[A-Za-z0-9,=_.-][A-Za-z0-9 ,=_.-]{0,19}$/);
export const secretKey = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
export const port = fc.integer({ min: 1, max: 65_535 });

const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((parts) => parts.join("."));
export const range = fc.tuple(address, fc.nat(32)).map((parts) => rangeAround(...parts));
export const ranges = fc.array(range, { minLength: 1, maxLength: 3 });

/** A host by name, or by an address that lies in the ranges. */
export const place = fc.oneof(
  section({ host: dns, ranges }),
  fc
    .tuple(address, fc.nat(32))
    .map(([host, bits]): Section => ({ host, ranges: ["192.0.2.0/24", rangeAround(host, bits)] })),
);

/** The range of so many equal first bits that an address lies in. */
function rangeAround(host: string, bits: number): string {
  const parts = host.split(".").map((part, index) => {
    const size = 2 ** Math.min(8, Math.max(0, 8 * (index + 1) - bits));
    return Number(part) - (Number(part) % size);
  });
  return `${parts.join(".")}/${String(bits)}`;
}

const tag = fc
  .oneof(
    { weight: 9, arbitrary: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/) },
    { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{100,127}$/) },
  )
  .filter((text) => text !== "latest");
const sha = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `@sha256:${hex}`);
const version = fc.oneof(
  tag.map((text) => `:${text}`),
  sha,
  fc.tuple(tag, sha).map(([text, digest]) => `:${text}${digest}`),
);
export const image = fc
  .tuple(fc.constantFrom("", "registry.example.com/", "localhost:5000/"), name, name, version)
  .map(([host, first, second, fixed]) => `${host}${first}/${second}${fixed}`);

const labelName = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,10}[A-Za-z0-9])?$/);
export const labelValue = fc.oneof(labelName, fc.constant(""), fc.boolean(), fc.nat(99));
export const labelKey = fc.oneof(
  labelName,
  fc.tuple(dns, labelName).map((parts) => parts.join("/")),
);
/** Annotations: any text, numbers and booleans. */
export const annotations = mapping(labelKey, fc.oneof(fc.string(), fc.nat(), fc.boolean()));

export const size = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("Mi", "Gi", "G", "M", "Ti", ".5Gi"))
  .map(([n, unit]) => `${String(n)}${unit}`);

/** From a second to `most`, in one of the ways to write it. */
export function durations(most: number): fc.Arbitrary<string> {
  return fc.tuple(fc.integer({ min: 1, max: most }), fc.nat(2)).map((parts) => duration(...parts));
}

/** Seconds in one of the ways to write them. */
export function duration(seconds: number, style: number): string {
  const [minutes, hours] = [seconds / 60, seconds / 3600];
  if (style === 1 && Number.isInteger(hours)) return `${String(hours)}h`;
  if (style > 0 && minutes >= 1) return `${String(Math.floor(minutes))}m${String(seconds % 60)}s`;
  return `${String(seconds)}s`;
}

/** A mapping with keys the stack's author chooses. */
export function mapping(keys: fc.Arbitrary<string>, values: Arb): Arb {
  return fc.dictionary(keys, values, { maxKeys: 3, noNullPrototype: true });
}

/** An object with all the required keys and any of the optional ones. */
export function section(required: Record<string, Arb>, optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc.record(
    { ...required, ...optional },
    { requiredKeys: Object.keys(required) as never[], noNullPrototype: true },
  ) as fc.Arbitrary<Section>;
}
