import * as fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveThreshold } from "./threshold.ts";

test("F55: the higher of channel and organization holds", () => {
  expect(effectiveThreshold(80, 0.9)).toBe(90);
  expect(effectiveThreshold(80, 0.7)).toBe(80);
});

test("F55: without an organization's the channel's holds", () => {
  expect(effectiveThreshold(80, null)).toBe(80);
});

test("F55: every whole percent of the organization's scale comes out as that percent", () => {
  const percents = Array.from({ length: 101 }, (_, percent) => percent);
  expect(percents.map((percent) => effectiveThreshold(0, percent / 100))).toEqual(percents);
});

test("F55: half a percent is rounded to the stricter side", () => {
  expect(effectiveThreshold(0, 0.855)).toBe(86);
});

test("F55: what is off the scale is brought to its end, and no number asks for all", () => {
  expect(effectiveThreshold(-5, null)).toBe(0);
  expect(effectiveThreshold(500, null)).toBe(100);
  expect(effectiveThreshold(0, 80)).toBe(100);
  expect(effectiveThreshold(Number.NaN, null)).toBe(100);
});

test("F55: neither side can lower the other", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (channel, organization) => {
        const threshold = effectiveThreshold(channel, organization);
        expect(threshold).toBeGreaterThanOrEqual(channel);
        expect(threshold).toBeGreaterThanOrEqual(Math.floor(organization * 100));
      },
    ),
  );
});
