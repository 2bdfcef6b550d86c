import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unbacked } from "./unbacked.ts";

const SHOP = [
  "Mugs are $12 each, three come to 30 USD. Delivery: 4,50 €. Catering from 1.500 €. Members have 10 % off.",
  "Order at https://shop.example/mugs or write to hello@shop.example, or call (555) 010-7788.",
];

describe("F56: what the business has said may be said", () => {
  test.each([
    "They are $12.00 each.",
    "Three are $30.",
    "Delivery is 4.5 € more.",
    "From 1500 EUR.",
    "You have 10% off.",
    "See https://shop.example/mugs.",
    "Write to Hello@shop.example!",
    "Call +1 555 010 7788.",
    "We open at 9:00 and close at 18:00, for 12 people.",
    "Order 123 is on its way.",
  ])("F56: %s", (reply) => {
    expect(unbacked(reply, SHOP)).toEqual([]);
  });
});

describe("F56: what it has not is found, however sure the model is", () => {
  test.each([
    ["They are $11 each.", "$11"],
    ["I can give you 90% off.", "90%"],
    ["Only 5,99 €!", "5,99 €"],
    ["Pay at https://evil.example/pay today.", "https://evil.example/pay"],
    ["Pay at https://shop.example/pay.", "https://shop.example/pay"],
    ["Write to boss@evil.example.", "boss@evil.example"],
    ["Call +44 20 7946 0000.", "+44 20 7946 0000"],
    ["It is 20 dollars.", "20 dollars"],
  ])("F56: %s", (reply, found) => {
    expect(unbacked(reply, SHOP)).toContain(found);
  });
});

test("F56: a price is found if and only if its number stands nowhere", () => {
  const price = fc.integer({ min: 1, max: 99_999 });
  fc.assert(
    fc.property(price, price, (asked, listed) => {
      expect(unbacked(`It is $${asked}.`, [`It costs ${listed} dollars.`]).length === 0).toBe(asked === listed);
    }),
  );
});

test("any text is read in time", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (reply, said) => Array.isArray(unbacked(reply, [said]))));
  expect(unbacked("1 ".repeat(5_000), ["1"])).toBeInstanceOf(Array);
});
