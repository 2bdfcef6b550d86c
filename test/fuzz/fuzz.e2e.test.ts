import { expect, inject, test } from "vitest";
import { fuzz } from "./run.ts";

const CASES = 2_000;

test(`F10: ${CASES} requests of every kind: no 500, no hang, nothing in another tenant's rows`, async () => {
  const result = await fuzz(inject("cluster"), { cases: CASES, seed: 1, limit_ms: 60_000 });
  expect(result.failures).toEqual([]);
  expect(result.canary.after).toEqual(result.canary.before);
  expect(result.strangers).toEqual({});
  expect(result.spooled).toBe(0);
  // the requests get past the door often enough to be about something
  expect(result.answers[200]).toBeGreaterThan(CASES / 4);
  expect(result.answers[401]).toBeGreaterThan(CASES / 20);
  expect(Object.keys(result.canary.before).length).toBeGreaterThan(10);
});
