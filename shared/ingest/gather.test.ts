import { describe, expect, test } from "vitest";
import { createGathering } from "./gather.ts";
import type { GatherOptions } from "./gather.ts";

/** A gathering whose calls end when the test says so. */
function open(options: Partial<GatherOptions<string, string>> = {}) {
  const calls: { items: string[]; answer: PromiseWithResolvers<string[]> }[] = [];
  const kept: Promise<unknown>[] = [];
  const clock = { time: 0 };
  const gathering = createGathering<string, string>({
    store(items) {
      const answer = Promise.withResolvers<string[]>();
      calls.push({ items, answer });
      return answer.promise;
    },
    weigh: () => 1,
    max_weight: 3,
    at_once: 1,
    patience_ms: 1_000,
    worthAlone: () => false,
    keepAlive: (work) => void kept.push(work),
    now: () => clock.time,
    ...options,
  });
  return {
    gathering,
    calls,
    kept,
    clock,
    /** Adds items; what became of each so far. */
    add(...items: string[]) {
      return items.map((item) => gathering.add(item).catch((error: Error) => `${item}: ${error.message}`));
    },
    async succeed(call: number) {
      await settle();
      const { items = [], answer } = calls[call] ?? {};
      answer?.resolve(items.map((item) => `${item} stored`));
      await settle();
    },
    async fail(call: number, reason: string) {
      await settle();
      calls[call]?.answer.reject(new Error(reason));
      await settle();
    },
    made: () => calls.map(({ items }) => items.join("")),
  };
}

/** Lets everything that waits for nothing but its turn go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test("an item that comes while nothing is under way is stored at once", async () => {
  const { gathering, add, made, succeed } = open();
  const [one] = add("a");
  await settle();
  expect(made()).toEqual(["a"]);
  await succeed(0);
  expect(await one).toBe("a stored");
  expect(gathering.idle()).toBe(true);
});

test("items that come while a call is under way share the next one, in their order, and each has its own result", async () => {
  const { add, made, succeed } = open();
  const [a, b, c] = add("a", "b", "c");
  await settle();
  expect(made()).toEqual(["a"]);
  await succeed(0);
  expect(made()).toEqual(["a", "bc"]);
  await succeed(1);
  expect(await Promise.all([a, b, c])).toEqual(["a stored", "b stored", "c stored"]);
});

test("a call that is full is followed by another", async () => {
  const { add, made, succeed } = open();
  add("a", "b", "c", "d", "e");
  await settle();
  for (const call of [0, 1, 2]) await succeed(call);
  expect(made()).toEqual(["a", "bcd", "e"]);
});

test("an item heavier than a whole call goes alone", async () => {
  const { add, made, succeed } = open({ weigh: (item) => (item === "B" ? 9 : 1) });
  add("a", "B", "c", "d");
  await settle();
  for (const call of [0, 1, 2]) await succeed(call);
  expect(made()).toEqual(["a", "B", "cd"]);
});

test("as many calls are under way as may be, and no more", async () => {
  const { add, made, succeed } = open({ at_once: 2 });
  add("a", "b", "c", "d");
  await settle();
  expect(made()).toEqual(["a", "b"]);
  await succeed(1);
  expect(made()).toEqual(["a", "b", "cd"]);
});

describe("a call that fails", () => {
  test("fails for everybody in it, and for nobody else", async () => {
    const { add, fail, succeed } = open();
    const items = add("a", "b", "c");
    await succeed(0);
    const [late] = add("d");
    await fail(1, "away");
    await succeed(2);
    expect(await Promise.all([...items, late])).toEqual(["a stored", "b: away", "c: away", "d stored"]);
  });

  test("is made again for each alone when one of them may be what it failed for", async () => {
    const { add, made, fail, succeed } = open({ worthAlone: (error) => (error as Error).message === "refused" });
    const items = add("a", "b", "c");
    await succeed(0);
    await fail(1, "refused");
    await fail(2, "refused");
    await succeed(3);
    expect(made()).toEqual(["a", "bc", "b", "c"]);
    expect(await Promise.all(items)).toEqual(["a stored", "b: refused", "c stored"]);
  });
});

test("a call of which nothing is heard keeps nobody waiting for ever, and its answer still counts", async () => {
  const { add, made, clock, succeed } = open();
  const [lost, waiting] = add("a", "b");
  await settle();
  clock.time = 1_001;
  const [next] = add("c");
  await settle();
  expect(made()).toEqual(["a", "b"]);
  await succeed(0);
  expect(made()).toEqual(["a", "b"]);
  await succeed(1);
  await succeed(2);
  expect(await Promise.all([lost, waiting, next])).toEqual(["a stored", "b stored", "c stored"]);
});

test("whoever makes a call keeps it alive to its end", async () => {
  const { add, kept, succeed } = open();
  add("a", "b", "c");
  expect(kept).toHaveLength(2);
  await succeed(0);
  await succeed(1);
  await Promise.all(kept);
});
