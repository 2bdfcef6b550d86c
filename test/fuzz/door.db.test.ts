import { expect, inject, test } from "vitest";
import { fuzzDoor } from "./door.ts";

const CASES = 300;

test(`F147: ${CASES} requests in and near the grammar: listed names only, values as parameters, no row of another`, async () => {
  const result = await fuzzDoor(inject("cluster"), { cases: CASES, seed: 1, limit_ms: 60_000 });
  expect(result.failures).toEqual([]);
  expect(result.canary.after).toEqual(result.canary.before);
  expect(Object.keys(result.canary.before).length).toBeGreaterThan(10);
  // they get past the door often enough to be about something
  expect(result.answers[200]).toBeGreaterThan(CASES / 15);
});
