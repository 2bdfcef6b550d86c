import { expect, test } from "vitest";
import { createFaultBook, TRANSPORT_KINDS } from "./fault-book.ts";
import type { FaultInput } from "./fault-book.ts";

function fault(change: Partial<FaultInput> = {}): FaultInput {
  return { provider: "meta", operation: "send", kind: "delay", value: 5, ...change };
}

function strikes(change: Partial<FaultInput>, chances = 1): number {
  const book = createFaultBook();
  book.add(fault(change));
  return Array.from({ length: chances }, () => book.strike("meta", ["send"], TRANSPORT_KINDS)).flat().length;
}

test("a fault strikes the operation it is aimed at, with its value", () => {
  const book = createFaultBook();
  book.add(fault());
  expect(book.strike("meta", ["send"], TRANSPORT_KINDS)).toEqual([{ kind: "delay", value: 5 }]);
});

test("another provider, operation or kind is not struck", () => {
  expect(strikes({ provider: "gemini" })).toBe(0);
  expect(strikes({ operation: "media" })).toBe(0);
  expect(strikes({ kind: "early" })).toBe(0);
});

test("`any` strikes every operation", () => {
  expect(strikes({ operation: "any" })).toBe(1);
});

test("a fault with a count is spent after it, one without never", () => {
  expect(strikes({ count: 2 }, 10)).toBe(2);
  expect(strikes({}, 10)).toBe(10);
});

test("a rate strikes its share, and the same chances again under the same seed", () => {
  const share = strikes({ rate: 0.3, seed: 7 }, 2000) / 2000;
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.35);

  const run = (seed: number) => {
    const book = createFaultBook();
    book.add(fault({ rate: 0.5, seed }));
    return Array.from({ length: 64 }, () => book.strike("meta", ["send"], TRANSPORT_KINDS).length).join("");
  };
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});

test("a fault removed no longer strikes; removing it twice says so", () => {
  const book = createFaultBook();
  const id = book.add(fault());
  expect(book.remove(id)).toBe(true);
  expect(book.remove(id)).toBe(false);
  expect(book.strike("meta", ["send"], TRANSPORT_KINDS)).toEqual([]);
});
