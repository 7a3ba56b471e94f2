import fc from "fast-check";
import { bytesOf, isQuantity, parseQuantity } from "../../../../config/schema/quantity";

describe("parseQuantity", () => {
  test.each([
    ["500m", 0.5],
    ["2", 2],
    ["1.5", 1.5],
    ["1k", 1000],
    ["512Mi", 512 * 1024 * 1024],
    ["2Gi", 2 * 1024 ** 3],
    ["1Ti", 1024 ** 4],
  ])("reads %s as %d", (text, number) => {
    expect(parseQuantity(text)).toBeCloseTo(number, 9);
  });

  test("reads thousandths as the number a person would write", () => {
    expect(parseQuantity("49800m")).toBe(49.8);
  });

  test.each(["", "Gi", "2GB", "-1", "1e3", "2 Gi", "abc"])("refuses '%s'", (text) => {
    expect(isQuantity(text)).toBe(false);
    expect(() => parseQuantity(text)).toThrow(`'${text}' is not a Kubernetes quantity`);
  });

  test("grows with the number for every suffix", () => {
    const suffix = fc.constantFrom("m", "", "k", "M", "G", "Ki", "Mi", "Gi", "Ti");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), suffix, (number, unit) => {
        expect(parseQuantity(`${String(number + 1)}${unit}`)).toBeGreaterThan(
          parseQuantity(`${String(number)}${unit}`),
        );
      }),
    );
  });
});

test("bytesOf gives whole bytes and never more than the share", () => {
  expect(bytesOf("1Gi", 0.8)).toBe(858993459);
  expect(bytesOf("3", 0.5)).toBe(1);
});
