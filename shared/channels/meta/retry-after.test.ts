import * as fc from "fast-check";
import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

test("the pair limit waits 4^n seconds, without chance", () => {
  expect([1, 2, 3].map((attempt) => retryAfterMs(131056, attempt, 0.5))).toEqual([4_000, 16_000, 64_000]);
  expect(retryAfterMs(131056, 50, 0)).toBe(4_096_000);
});

test("others wait anything up to 2^n seconds", () => {
  expect(retryAfterMs(131000, 1, 0)).toBe(0);
  expect(retryAfterMs(131000, 1, 0.999)).toBe(1_998);
  expect(retryAfterMs(131000, 3, 0.5)).toBe(4_000);
});

test("limits with a clock of their own wait for it", () => {
  expect(retryAfterMs(131057, 1, 0)).toBe(60_000);
  expect(retryAfterMs(133016, 1, 0)).toBe(3_600_000);
  expect(retryAfterMs(131064, 1, 0)).toBe(86_400_000);
});

test("never negative, never more than ten minutes above the floor", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 1_000 }), random, (attempt, chance) => {
      const wait = retryAfterMs(131000, attempt, chance);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(600_000);
    }),
  );
});
