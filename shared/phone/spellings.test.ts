import * as fc from "fast-check";
import { expect, test } from "vitest";
import { digits, variants } from "./spellings.ts";

test.each([
  ["5511987654321", "551187654321"],
  ["5491123456789", "541123456789"],
  ["5215512345678", "525512345678"],
])("F30: %s and %s are one person", (long, short) => {
  expect(variants(long)).toEqual([short]);
  expect(variants(short)).toEqual([long]);
});

test.each([
  ["a Brazilian landline", "551133334444"],
  ["a Brazilian mobile whose short form would be a landline", "5511933334444"],
  ["a number of the United States", "16505551234"],
  ["a number too short", "55119876"],
  ["nothing", ""],
])("F30: %s has no other spelling", (_, wa_id) => {
  expect(variants(wa_id)).toEqual([]);
});

test("F30: spellings go both ways and stay in their country", () => {
  const country = fc.constantFrom("55", "54", "52", "549", "521", "1", "44", "505", "598");
  const number = fc.tuple(country, fc.stringMatching(/^\d{8,11}$/)).map((parts) => parts.join(""));
  fc.assert(
    fc.property(number, (wa_id) => {
      for (const other of variants(wa_id)) {
        expect(other.slice(0, 2)).toBe(wa_id.slice(0, 2));
        expect(other.slice(-8)).toBe(wa_id.slice(-8));
        expect(other).not.toBe(wa_id);
        expect(variants(other)).toEqual([wa_id]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["+1 (983) 555-2319", "19835552319"],
  ["16505551234", "16505551234"],
  ["", undefined],
  ["US.13491208655302741918", undefined],
  ["1234", undefined],
  ["1234567890123456", undefined],
  ["+1-800-FLOWERS", undefined],
])("digits of %j are %j", (phone, expected) => {
  expect(digits(phone)).toBe(expected);
});
