import { expect, test } from "vitest";
import { median, percentiles, range } from "./statistics.ts";

test("the median of an odd and of an even number of values, in any order", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test("percentiles are values that occurred: of 1 to 100, the 50th, 95th and 99th", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentiles(values)).toEqual({ p50: 50, p95: 95, p99: 99 });
  expect(percentiles([5])).toEqual({ p50: 5, p95: 5, p99: 5 });
  expect(percentiles([])).toEqual({ p50: NaN, p95: NaN, p99: NaN });
});

test("numbers are ordered as numbers", () => {
  expect(median([9, 10, 100])).toBe(10);
  expect(percentiles([9, 10, 100]).p99).toBe(100);
  expect(range([9, 100, 10])).toEqual([9, 100]);
});
