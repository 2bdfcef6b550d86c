import { expect, test } from "vitest";
import { startCrons } from "./cron.ts";

/** A clock that only moves when told, and runs what falls due on the way. */
function createClock(start: string) {
  let now = Date.parse(start);
  const timers = new Map<object, { at: number; action: () => void }>();
  return {
    clock: () => now,
    later(ms: number, action: () => void) {
      const key = {};
      timers.set(key, { at: now + ms, action });
      return () => void timers.delete(key);
    },
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).toSorted(([, a], [, b]) => a.at - b.at);
        if (!next) break;
        timers.delete(next[0]);
        now = next[1].at;
        next[1].action();
      }
      now = end;
    },
  };
}

function startAt(start: string, expressions: string[], fail = false) {
  const time = createClock(start);
  const fired: string[] = [];
  const errors: string[] = [];
  const stop = startCrons({
    expressions,
    ...time,
    run: async (expression) => {
      fired.push(`${expression} at ${new Date(time.clock()).toISOString()}`);
      if (fail) throw new Error("database away");
    },
    onError: (expression, error) => errors.push(`${expression}: ${error}`),
  });
  return { time, fired, errors, stop };
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

test("every minute, on the minute", () => {
  const { time, fired } = startAt("2026-11-20T10:00:30Z", ["* * * * *"]);
  time.advance(95 * SECOND);
  expect(fired).toEqual(["* * * * * at 2026-11-20T10:01:00.000Z", "* * * * * at 2026-11-20T10:02:00.000Z"]);
});

test("daily and monthly ones fire in UTC, however long the wait", () => {
  const { time, fired } = startAt("2026-11-30T04:00:00Z", ["17 3 * * *", "0 0 1 * *"]);
  time.advance(24 * HOUR);
  expect(fired).toEqual(["0 0 1 * * at 2026-12-01T00:00:00.000Z", "17 3 * * * at 2026-12-01T03:17:00.000Z"]);
});

test("a run that fails is reported and the next one comes all the same", async () => {
  const { time, fired, errors } = startAt("2026-11-20T10:00:30Z", ["* * * * *"], true);
  time.advance(90 * SECOND);
  await Promise.resolve();
  expect(fired).toHaveLength(2);
  expect(errors).toEqual(["* * * * *: Error: database away", "* * * * *: Error: database away"]);
});

test("after the stop nothing fires", () => {
  const { time, fired, stop } = startAt("2026-11-20T10:00:30Z", ["* * * * *"]);
  stop();
  time.advance(2 * HOUR);
  expect(fired).toEqual([]);
});
