import { expect, test } from "vitest";
import { rangeOf } from "./range.ts";

test.each([
  [null, null],
  ["bytes=0-0", { offset: 0, length: 1 }],
  ["bytes=2-", { offset: 2, length: 8 }],
  ["bytes=2-99", { offset: 2, length: 8 }],
  ["bytes=-3", { offset: 7, length: 3 }],
  ["bytes=-99", { offset: 0, length: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=3-2", null],
  ["bytes=0-1,3-4", null],
  ["bytes=-", null],
  ["lines=0-1", null],
])("%j of ten bytes", (header, expected) => {
  expect(rangeOf(header, 10)).toEqual(expected);
});
