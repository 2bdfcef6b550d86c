import { expect, test } from "vitest";
import { createPacer } from "./pacer.ts";

const START = 1_700_000_000_000;

test("the burst passes at once, the next one is too fast", () => {
  const pacer = createPacer(6000, 45);
  const taken = Array.from({ length: 46 }, () => pacer.take("pair", START));
  expect(taken.filter(Boolean)).toHaveLength(45);
  expect(taken.at(-1)).toBe(false);
});

test("after the burst, one place is free for every interval", () => {
  const pacer = createPacer(6000, 2);
  pacer.take("pair", START);
  pacer.take("pair", START);
  expect(pacer.take("pair", START + 5999)).toBe(false);
  expect(pacer.take("pair", START + 6000)).toBe(true);
  expect(pacer.take("pair", START + 6000)).toBe(false);
});

test("keys do not slow each other", () => {
  const pacer = createPacer(6000, 1);
  expect(pacer.take("one", START)).toBe(true);
  expect(pacer.take("other", START)).toBe(true);
});
