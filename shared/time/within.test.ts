import { expect, test, vi } from "vitest";
import { TooLate, within } from "./within.ts";

test("an answer in time is the answer, and so is a failure in time", async () => {
  await expect(within(60_000, Promise.resolve(7))).resolves.toBe(7);
  await expect(within(60_000, Promise.reject(new RangeError("no")))).rejects.toThrow(RangeError);
});

test("an answer that does not come is too late, and one that fails afterwards disturbs nobody", async () => {
  vi.useFakeTimers();
  try {
    const work = Promise.withResolvers<never>();
    const late = expect(within(4_000, work.promise)).rejects.toThrow(TooLate);
    await vi.advanceTimersByTimeAsync(4_000);
    await late;
    work.reject(new Error("long after"));
  } finally {
    vi.useRealTimers();
  }
});
