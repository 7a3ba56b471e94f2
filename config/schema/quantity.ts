/**
 * Kubernetes quantities: `500m`, `2`, `4Gi`.
 * Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

/** Parts of one. To divide by them is exact where to multiply by a binary fraction is not: 49800m is 49.8. */
const PARTS: Readonly<Record<string, number>> = { n: 1e9, u: 1e6, m: 1e3 };

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^(\d+(?:\.\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/** True for text that {@link parseQuantity} reads. Signs and exponents are left out: no size needs them. */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}

/**
 * The number a quantity stands for: cores for CPU, bytes for memory and storage.
 * @throws Error if the text is no quantity; config refuses such text before anything calls this.
 */
export function parseQuantity(text: string): number {
  const match = QUANTITY.exec(text);
  if (match === null) throw new Error(`'${text}' is not a Kubernetes quantity such as 500m, 2 or 4Gi`);
  const [, number, suffix = ""] = match;
  return (Number(number) * (SUFFIXES[suffix] ?? 1)) / (PARTS[suffix] ?? 1);
}

/** A share of a quantity as whole bytes, rounded down. */
export function bytesOf(quantity: string, share: number): number {
  return Math.floor(parseQuantity(quantity) * share);
}
