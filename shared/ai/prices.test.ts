import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cost, priceOf } from "./prices.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const MILLION = { prompt_tokens: 1_000_000, output_tokens: 1_000_000, cached_tokens: 0 };

test("F165: a million tokens each way of gemini-2.5-flash cost $0.30 and $2.50", () => {
  expect(cost(MILLION, "gemini-2.5-flash", NOW)).toEqual({ cost_micro_usd: 2_800_000, basis: "listed" });
});

test("F165: cached input is charged at its own price and not twice", () => {
  expect(cost({ ...MILLION, cached_tokens: 1_000_000 }, "gemini-2.5-flash", NOW).cost_micro_usd).toBe(2_530_000);
});

test("F165: a single token is not free", () => {
  expect(
    cost({ prompt_tokens: 1, output_tokens: 0, cached_tokens: 0 }, "gemini-2.5-flash-lite", NOW).cost_micro_usd,
  ).toBe(1);
});

test("no tokens cost nothing", () => {
  expect(cost({ prompt_tokens: 0, output_tokens: 0, cached_tokens: 0 }, "gemini-2.5-flash", NOW).cost_micro_usd).toBe(
    0,
  );
});

test("the introductory price of gemini-3.8-flash ends with the year", () => {
  expect(priceOf("gemini-3.8-flash", new Date("2026-12-31T23:59:59Z")).output).toBe(3_750_000);
  expect(priceOf("gemini-3.8-flash", new Date("2027-01-01T00:00:00Z")).output).toBe(7_500_000);
});

test("a pinned revision has the price of its model", () => {
  expect(priceOf("gemini-2.5-flash-lite-001", NOW)).toEqual(priceOf("gemini-2.5-flash-lite", NOW));
});

test("a model that is not listed is priced as the dearest of its kind, and says so", () => {
  expect(priceOf("gemini-7-flash-lite", NOW)).toEqual({
    input: 300_000,
    cached: 30_000,
    output: 2_500_000,
    basis: "family",
  });
  expect(priceOf("gemini-7-flash-preview", NOW)).toMatchObject({ output: 9_000_000, basis: "family" });
});

test("a model of no known kind is priced as the dearest of all", () => {
  expect(priceOf("unheard-of", NOW)).toMatchObject({ output: 10_000_000, basis: "family" });
});

test("F165: any count of tokens of any model costs a whole, non-negative number", () => {
  const tokens = fc.nat({ max: 10_000_000 });
  fc.assert(
    fc.property(tokens, tokens, tokens, fc.string(), (prompt_tokens, output_tokens, cached_tokens, model) => {
      const { cost_micro_usd } = cost({ prompt_tokens, output_tokens, cached_tokens }, model, NOW);
      expect(Number.isSafeInteger(cost_micro_usd)).toBe(true);
      expect(cost_micro_usd).toBeGreaterThanOrEqual(0);
    }),
  );
});
