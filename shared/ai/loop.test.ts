import { expect, test } from "vitest";
import { loopGuard } from "./loop.ts";
import type { LoopInput } from "./loop.ts";

const input = (over: Partial<LoopInput> = {}): LoopInput => ({
  turns_in_window: 3,
  max_turns: 20,
  last_inbound_texts: ["hello", "do you have rye?", "and how much is it", "thanks a lot"],
  ...over,
});

const NOTICE = "We are away until Monday and will answer then. Your ticket is ";

test("F60: an ordinary conversation is no loop", () => {
  expect(loopGuard(input())).toBeNull();
});

test("F60: the share of turns is used up at its number, not before", () => {
  expect(loopGuard(input({ turns_in_window: 19 }))).toBeNull();
  expect(loopGuard(input({ turns_in_window: 20 }))).toBe("too_many_turns");
});

test("F60: the same notice with another number each time is a loop", () => {
  const last_inbound_texts = [101, 102, 1003, 104].map((ticket) => `${NOTICE}#${ticket}`);
  expect(loopGuard(input({ last_inbound_texts }))).toBe("repeated_inbound");
});

test("F60: one small difference does not hide a loop", () => {
  const last_inbound_texts = [NOTICE, NOTICE.toUpperCase(), `${NOTICE}  `, NOTICE.replace("Monday", "Mondays")];
  expect(loopGuard(input({ last_inbound_texts }))).toBe("repeated_inbound");
});

test("F60: one time fewer is no loop yet", () => {
  expect(loopGuard(input({ last_inbound_texts: [NOTICE, NOTICE, NOTICE] }))).toBeNull();
});

test("F60: one different line in between breaks the row", () => {
  expect(loopGuard(input({ last_inbound_texts: [NOTICE, NOTICE, "a human here", NOTICE] }))).toBeNull();
});

test("F60: only the last ones count", () => {
  expect(loopGuard(input({ last_inbound_texts: ["hi", NOTICE, NOTICE, NOTICE, NOTICE] }))).toBe("repeated_inbound");
});

test("F60: the number of repeats can be set", () => {
  expect(loopGuard(input({ last_inbound_texts: [NOTICE, NOTICE], repeats: 2 }))).toBe("repeated_inbound");
});

test("blank texts are no sign of a loop", () => {
  expect(loopGuard(input({ last_inbound_texts: ["", " ", "", ""] }))).toBeNull();
});
