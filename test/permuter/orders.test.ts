import { expect, test } from "vitest";
import { deliveries } from "./orders.ts";

const firsts = (delivery: number[][]) => [...new Set(delivery.flat())];

test("up to six events come in every order", () => {
  const orders = deliveries(4, { seed: 1, runs: 1 }).map((delivery) => firsts(delivery).join());
  expect(new Set(orders).size).toBe(24);
});

test("of more events there are as many orders as asked for, each with every event", () => {
  const made = deliveries(9, { seed: 1, runs: 40 });
  expect(made).toHaveLength(40);
  expect(new Set(made.map((delivery) => firsts(delivery).join())).size).toBe(40);
  for (const delivery of made) expect(firsts(delivery).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("some events come again, and bodies hold one event, several, or all", () => {
  const made = deliveries(5, { seed: 1, runs: 1 });
  const repeated = made.filter((delivery) => delivery.flat().length > 5);
  expect(repeated.length).toBeGreaterThan(50);
  expect(repeated.length).toBeLessThan(120);
  expect(made.some((delivery) => delivery.length === 1)).toBe(true);
  expect(made.some((delivery) => delivery.every((body) => body.length === 1))).toBe(true);
  expect(made.flat().every((body) => body.length > 0)).toBe(true);
});

test("the same seed gives the same deliveries, another seed others", () => {
  const made = (seed: number) => deliveries(8, { seed, runs: 5 });
  expect(made(3)).toEqual(made(3));
  expect(made(3)).not.toEqual(made(4));
});
