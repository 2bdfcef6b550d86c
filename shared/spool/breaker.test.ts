import { expect, test } from "vitest";
import { createBreaker } from "./breaker.ts";

const SECOND = 1_000;

function broken(at: number) {
  const breaker = createBreaker();
  breaker.failed(at);
  return breaker;
}

test("everybody may ask a database that has not failed", () => {
  const breaker = createBreaker();
  expect([breaker.admits(0), breaker.admits(0), breaker.admits(1)]).toEqual([true, true, true]);
});

test("F181: after a failure nobody asks for five seconds, then one does", () => {
  const breaker = broken(0);
  expect(breaker.admits(5 * SECOND - 1)).toBe(false);
  expect(breaker.admits(5 * SECOND)).toBe(true);
  expect(breaker.admits(5 * SECOND)).toBe(false);
});

test("a probe that fails begins the five seconds again, one that succeeds lets everybody in", () => {
  const breaker = broken(0);
  breaker.admits(5 * SECOND);
  breaker.failed(9 * SECOND);
  expect(breaker.admits(14 * SECOND - 1)).toBe(false);
  expect(breaker.admits(14 * SECOND)).toBe(true);
  breaker.succeeded();
  expect([breaker.admits(14 * SECOND), breaker.admits(14 * SECOND)]).toEqual([true, true]);
});

test("a probe that never comes back is followed by another", () => {
  const breaker = broken(0);
  breaker.admits(5 * SECOND);
  expect(breaker.admits(10 * SECOND)).toBe(true);
});
