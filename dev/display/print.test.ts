import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPrinter } from "./print.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function createScreen(isTTY: boolean) {
  const written: string[] = [];
  return { written, printer: createPrinter({ isTTY, write: (text: string) => written.push(text) }) };
}
const WORDS = { label: "Maya", text: "Hello", style: "customer" } as const;

test("elsewhere than on a terminal, text is plain and a countdown is one line", () => {
  const { written, printer } = createScreen(false);
  printer.counting(() => "waits");
  vi.advanceTimersByTime(1000);
  printer.line(WORDS, 0);
  expect(written).toHaveLength(2);
  expect(written[0]).toMatch(/AI +waits\n$/);
  expect(written[1]).toMatch(/^\d\d:\d\d:\d\d {2}Maya +Hello\n$/);
});

test("on a terminal, a countdown rewrites itself and gives way to the next line", () => {
  const { written, printer } = createScreen(true);
  let left = 3;
  printer.counting(() => `waits ${left--}`);
  vi.advanceTimersByTime(200);
  expect(written.map((text) => /waits \d/.exec(text)?.[0])).toEqual(["waits 3", "waits 2", "waits 1"]);
  printer.line(WORDS, 0);
  vi.advanceTimersByTime(1000);
  expect(written).toHaveLength(5);
  expect(written[3]).toBe("\r\u001b[2K");
});
