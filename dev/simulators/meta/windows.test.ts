import { expect, test } from "vitest";
import { createWindows } from "./windows.ts";

const WROTE = 1_700_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

function windows(...seconds: number[]) {
  const made = createWindows();
  for (const at of seconds) made.wrote("number", "customer", at);
  return made;
}

test("open until 24 hours after the message, closed from then on", () => {
  expect(windows(WROTE).isOpen("number", "customer", WROTE * 1000 + DAY_MS - 1)).toBe(true);
  expect(windows(WROTE).isOpen("number", "customer", WROTE * 1000 + DAY_MS)).toBe(false);
});

test("an older message that arrives late does not shorten it", () => {
  expect(windows(WROTE, WROTE - 3600).isOpen("number", "customer", WROTE * 1000 + DAY_MS - 1)).toBe(true);
});

test("open for whoever was not heard of: another may have delivered the message", () => {
  expect(windows().isOpen("number", "customer", WROTE * 1000)).toBe(true);
});

test("each number has its own", () => {
  expect(windows(WROTE).isOpen("other number", "customer", WROTE * 1000 + DAY_MS)).toBe(true);
});
