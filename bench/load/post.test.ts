import { expect, test } from "vitest";
import { drive } from "./post.ts";

test("every item is worked off once, however many callers there are", async () => {
  const seen: number[] = [];
  const caller = async (item: number) => {
    await Promise.resolve();
    seen.push(item);
  };
  const result = await drive([1, 2, 3, 4, 5].values(), [caller, caller, caller], 60);
  expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  expect(result).toMatchObject({ answered: 5, failures: {} });
  expect(result.latencies_ms).toHaveLength(5);
});

test("a call that fails is counted by its reason and has no latency", async () => {
  const caller = async (item: number) => {
    if (item % 2 === 0) throw new Error("status 503");
  };
  const result = await drive([1, 2, 3, 4].values(), [caller], 60);
  expect(result).toMatchObject({ answered: 2, failures: { "status 503": 2 } });
  expect(result.latencies_ms).toHaveLength(2);
});

test("a second run goes on where the first one stopped", async () => {
  let clock = 0;
  const seen: number[] = [];
  const slow = async (item: number) => {
    seen.push(item);
    clock += 20;
  };
  const queue = [1, 2, 3].values();
  const first = await drive(queue, [slow], 0.03, () => clock);
  expect(seen).toEqual([1, 2]);
  expect(first).toEqual({ answered: 2, failures: {}, elapsed_ms: 40, latencies_ms: [20, 20] });
  await drive(queue, [slow], 60, () => clock);
  expect(seen).toEqual([1, 2, 3]);
});

test("no call begins after the time is over", async () => {
  const queue = [1, 2, 3].values();
  expect((await drive(queue, [async () => {}], 0)).answered).toBe(0);
  expect(queue.next().value).toBe(1);
});
