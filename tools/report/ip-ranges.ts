/** Ranges of IP addresses: whether a set of them has an address in common with another. */
import { isIPv4, isIPv6 } from "node:net";

/** Addresses: a range in CIDR notation less some others. */
export interface Addresses {
  readonly cidr: string;
  /** @default [] */
  readonly except?: readonly string[] | undefined;
}

/** A range: the first `length` bits of `bits` are fixed. */
interface Range {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}

/** True if at least one address is in both. @throws Error for what is no CIDR. */
export function haveCommonAddress(one: Addresses, other: Addresses): boolean {
  const [first, second] = [parseRange(one.cidr), parseRange(other.cidr)];
  const common = contains(first, second) ? second : contains(second, first) ? first : undefined;
  const excepted = [...(one.except ?? []), ...(other.except ?? [])].map(parseRange);
  return common !== undefined && hasRest(common, excepted);
}

/** True if something of a range is left once others are taken out of it. */
function hasRest(range: Range, excepted: readonly Range[]): boolean {
  if (excepted.some((except) => contains(except, range))) return false;
  const inside = excepted.filter((except) => contains(range, except));
  return inside.length === 0 || halves(range).some((half) => hasRest(half, inside));
}

function contains(outer: Range, inner: Range): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const free = BigInt(width(outer) - outer.length);
  return outer.bits >> free === inner.bits >> free;
}

function halves({ family, bits, length }: Range): Range[] {
  const upper = bits | (1n << BigInt(width({ family }) - length - 1));
  return [bits, upper].map((half) => ({ family, bits: half, length: length + 1 }));
}

function parseRange(cidr: string): Range {
  const [address = "", length = "", ...rest] = cidr.split("/");
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes("%") ? 6 : undefined;
  if (family === undefined || !/^\d+$/.test(length) || Number(length) > width({ family }) || rest.length > 0)
    throw new Error(`'${cidr}' is no range of addresses`);
  return { family, bits: family === 4 ? bitsOf4(address) : bitsOf6(address), length: Number(length) };
}

function width({ family }: Pick<Range, "family">): number {
  return family === 4 ? 32 : 128;
}

function bitsOf4(address: string): bigint {
  return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOf6(address: string): bigint {
  // an IPv4 address at the end stands for two groups
  const plain = address.replace(/\d+\.\d+\.\d+\.\d+$/, (end) => {
    const bits = bitsOf4(end);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = [], tail = []] = plain.split("::").map((side) => side.split(":").filter((group) => group !== ""));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
