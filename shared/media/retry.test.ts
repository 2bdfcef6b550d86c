import { expect, test } from "vitest";
import { retryInMs } from "./retry.ts";

test("F22: pauses grow, and end within the week that Meta keeps a file", () => {
  const pauses: number[] = [];
  for (let attempts = 1; ; attempts++) {
    const pause = retryInMs(attempts, 1);
    if (pause === null) break;
    pauses.push(pause);
  }
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(pauses.reduce((sum, one) => sum + one, 0)).toBeLessThan(6 * 24 * 3_600_000);
  expect(retryInMs(1, 0)).toBe(15_000);
});
