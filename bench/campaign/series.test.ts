import { expect, test } from "vitest";
import { achieved, mostInASecond } from "./series.ts";

test("a second holds what begins in it and not what begins a second later", () => {
  expect(mostInASecond([])).toBe(0);
  expect(mostInASecond([0, 999, 1000, 1500, 1999.5])).toBe(3);
  expect(mostInASecond([2000, 0, 1000])).toBe(1);
});

test("eight at a time, ten times a second, are eighty a second", () => {
  const moments = Array.from({ length: 20 }, (_, slice) => Array.from({ length: 8 }, () => slice * 100)).flat();
  expect(achieved(moments)).toBeCloseTo(80);
});
