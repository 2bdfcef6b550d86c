import { expect, test } from "vitest";
import { AWAKE, afterSweep, mayRest } from "./rest.ts";

const MINUTE = 60_000;
const nothing: { found: number; next_due_in_ms: number | null } = { found: 0, next_due_in_ms: null };

function swept(times: number, result = nothing) {
  let rest = AWAKE;
  for (let i = 0; i < times; i++) rest = afterSweep(rest, i * MINUTE, result);
  return rest;
}

test("ten sweeps that find nothing let the database rest, nine do not", () => {
  expect(mayRest(swept(9), 9 * MINUTE)).toBe(false);
  expect(mayRest(swept(10), 10 * MINUTE)).toBe(true);
});

test("a rest lasts an hour at most", () => {
  const rest = swept(10);
  expect(mayRest(rest, rest.look_at - 1)).toBe(true);
  expect(mayRest(rest, rest.look_at)).toBe(false);
  expect(rest.look_at).toBe(9 * MINUTE + 60 * MINUTE);
});

test("a turn that falls due during the rest ends it then", () => {
  const rest = swept(10, { found: 0, next_due_in_ms: 5 * MINUTE });
  expect(mayRest(rest, rest.look_at)).toBe(false);
  expect(rest.look_at).toBe(14 * MINUTE);
});

test("finding something starts the count again", () => {
  expect(mayRest(afterSweep(swept(12), 13 * MINUTE, { found: 1, next_due_in_ms: null }), 14 * MINUTE)).toBe(false);
});
