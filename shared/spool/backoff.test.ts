import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("doubles from one second up to ten", () => {
  expect([1, 2, 3, 4, 5, 500].map((failures) => backoffMs(failures, 1))).toEqual([
    1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
});

test("is at least half of that, whatever the chance", () => {
  expect([1, 2, 500].map((failures) => backoffMs(failures, 0))).toEqual([500, 1_000, 5_000]);
});
