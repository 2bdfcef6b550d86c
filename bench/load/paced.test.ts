import { expect, test } from "vitest";
import { seededRandom } from "../../dev/simulators/server/random.ts";
import { arrivals, pace } from "./paced.ts";

/** A clock that moves only when somebody sleeps. */
function createClock() {
  let time = 0;
  return {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
    pass: (ms: number) => {
      time += ms;
    },
  };
}

test("arrivals come at their rate, in order, and the same for the same seed", () => {
  const take = (seed: number) => arrivals(200, seededRandom(seed)).take(20_000).toArray();
  const times = take(7);
  expect((times.length / (times.at(-1) ?? 0)) * 1000).toBeCloseTo(200, -1);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(take(7)).toEqual(times);
  expect(take(8)).not.toEqual(times);
});

test("calls are made when they are due, and none after the end", async () => {
  const clock = createClock();
  const made: number[] = [];
  const caller = async () => void made.push(clock.now());
  const result = await pace(Array(1_000).values(), [caller], { rate: 100, seconds: 2, random: seededRandom(1) }, clock);
  const due = arrivals(100, seededRandom(1))
    .take(1_000)
    .filter((at) => at < 2_000);
  expect(made).toEqual(due.toArray());
  expect(result.answered).toBe(made.length);
});

test("a call that waits for a free caller has its wait counted", async () => {
  const clock = createClock();
  const slow = async () => {
    await Promise.resolve();
    clock.pass(50);
  };
  // all are due at once: each waits for those before it
  const { latencies_ms } = await pace([1, 2, 3].values(), [slow], { rate: 1e9, seconds: 1, random: () => 0 }, clock);
  expect(latencies_ms).toEqual([50, 100, 150]);
});

test("a failed call is counted by its reason, and its caller goes on", async () => {
  const caller = async (item: number) => {
    if (item === 1) throw new Error("status 503");
  };
  const given = { rate: 1e9, seconds: 1, random: () => 0 };
  expect(await pace([1, 2].values(), [caller], given, createClock())).toMatchObject({
    answered: 1,
    failures: { "status 503": 1 },
  });
});
