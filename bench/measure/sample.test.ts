import { expect, test } from "vitest";
import { medianSample, ratios } from "./sample.ts";
import type { Sample } from "./sample.ts";

const sample = (rate: number, workerd: number): Sample => ({
  rate,
  latency: { p50: rate, p95: rate, p99: rate },
  processor: { workerd, proxy: NaN, postgres: 1 },
  sql_calls: 1,
});

test("each figure has its own median, and one that cannot be seen stays unseen", () => {
  const found = medianSample([sample(1, 30), sample(3, 10), sample(2, 20)]);
  expect(found).toMatchObject({ rate: 2, latency: { p99: 2 }, processor: { workerd: 20, postgres: 1 }, sql_calls: 1 });
  expect(found.processor.proxy).toBeNaN();
});

test("ratios are taken within a round: a slow machine in one of them changes nothing", () => {
  const ours = [sample(50, 0), sample(5, 0)];
  const ceiling = [sample(100, 0), sample(10, 0)];
  expect(ratios(ours, ceiling)).toEqual([0.5, 0.5]);
});
