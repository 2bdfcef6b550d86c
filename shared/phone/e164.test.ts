import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contactAt, e164 } from "./e164.ts";

describe("a number", () => {
  test.each<[string, string | undefined, string | null]>([
    ["+49 151 12345678", undefined, "+4915112345678"],
    ["0151 1234 5678", "DE", "+4915112345678"],
    ["0049 151 12345678", "DE", "+4915112345678"],
    ["(415) 555-0123", "US", "+14155550123"],
    ["+39 06 1234567", undefined, "+39061234567"],
    ["+5215512345678", undefined, "+525512345678"],
    ["+551187654321", undefined, "+551187654321"],
    ["0151 12345678", undefined, null],
    ["29922", "US", null],
    ["+1", undefined, null],
    ["", undefined, null],
    ["anonymous", "US", null],
    ["+1-800-FLOWERS and more", undefined, null],
    ["DE.123456789", "DE", null],
  ])("F30: %j dialled from %s is %s", (text, country, expected) => {
    expect(e164(text, country)).toBe(expected);
  });

  test("F30: in E.164 stays as it is", () => {
    const national = fc.integer({ min: 1_500_000_000, max: 1_799_999_999 });
    fc.assert(fc.property(national, (n) => void expect(e164(`+49${n}`, "US")).toBe(`+49${n}`)));
  });

  test("of an unknown country, or no text at all, never throws", () => {
    fc.assert(fc.property(fc.string(), fc.string({ maxLength: 2 }), (text, country) => void e164(text, country)));
  });
});

test("F25: whoever sends an SMS is looked for under WhatsApp's spellings too", () => {
  expect(contactAt("+525512345678")).toEqual({
    wa_id: "525512345678",
    phone: "+525512345678",
    variants: ["5215512345678"],
  });
  expect(contactAt("+4915112345678")).toEqual({ wa_id: "4915112345678", phone: "+4915112345678" });
});
