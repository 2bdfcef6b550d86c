import { expect, test } from "vitest";
import { parseChangeFilter, passes } from "./filter.ts";

const row = {
  n: 5,
  big: "9007199254740993",
  name: "Ann, B.",
  status: "open",
  at: "2026-11-26T10:00:00+00:00",
  off: false,
  none: null,
  tags: ["a"],
};

test.each<[string, boolean]>([
  ["n=eq.5", true],
  ["n=eq.05", true],
  ["n=neq.5", false],
  ["n=gt.4,n=lte.5", true],
  ["n=lt.10", true],
  ["n=not.gt.4", false],
  ["big=eq.9007199254740993", true],
  ["status=in.(closed,open)", true],
  ['name=in.("Ann, B.",x)', true],
  ['name=eq."Ann, B."', true],
  ["status=in.()", false],
  ["name=like.Ann%", true],
  ["name=like.ann%", false],
  ["name=ilike.ann*", true],
  ["name=match.^A.n", true],
  ["name=imatch.^a", true],
  ["name=like.A.n%", false],
  ["at=eq.2026-11-26T11:00:00+01:00", true],
  ["at=gte.2026-11-26 09:00:00Z", true],
  ["off=is.false", true],
  ["none=is.null", true],
  ["n=is.null", false],
  ["none=eq.x", false],
  ["none=neq.x", false],
  ["none=not.eq.x", false],
  ["none=isdistinct.x", true],
  ["missing=eq.x", false],
  ["", true],
])("%s lets the row through: %s", (filter, expected) => {
  expect(passes(row, parseChangeFilter(filter) ?? [])).toBe(expected);
  expect(parseChangeFilter(filter)).not.toBeNull();
});

test.each([
  "n",
  "n=5",
  "n=equals.5",
  "=eq.5",
  "n=in.5",
  "name=match.(",
  "name=match.(a+)+$",
  String.raw`name=match.(a)\1`,
  `name=like.${"x".repeat(300)}`,
])("%s is no filter", (filter) => {
  expect(parseChangeFilter(filter)).toBeNull();
});
