import { expect, test } from "vitest";
import { createLog, describeError } from "./log.ts";
import type { Level } from "./log.ts";

function written(threshold: Level = "debug") {
  const lines: string[] = [];
  return { lines, log: createLog(threshold, (line) => lines.push(line)) };
}

test("one JSON object a line, level and event first", () => {
  const { lines, log } = written();
  log("info", "send.answered", { number: 1, state: "accepted", code: undefined });
  expect(lines).toEqual(['{"level":"info","event":"send.answered","number":1,"state":"accepted"}']);
});

test("what lies below the threshold is not written", () => {
  const { lines, log } = written("warn");
  for (const level of ["debug", "info", "warn", "error"] as const) log(level, level);
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["warn", "error"]);
});

test.each([
  ["a number with its plus", "+4915112345678", "…78"],
  ["digits in a sentence", "failed for 4915112345678 twice", "failed for …78 twice"],
  ["more digits than a number has", "12345678901234567890", "…90"],
  ["a short number", "code 131047", "code 131047"],
  ["an id", "7d9f4c1e-2b64-4d38-9c58-012345678911", "7d9f4c1e-2b64-4d38-9c58-012345678911"],
])("what looks like a phone number keeps its last two digits: %s", (_title, text, expected) => {
  const { lines, log } = written();
  log("info", "x", { text, deep: { list: [text] } });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ text: expected, deep: { list: [expected] } });
});

test("an error is its name, its message and those of its causes", () => {
  const error = new TypeError("outer", { cause: new Error("inner", { cause: new RangeError("root") }) });
  expect(describeError(error)).toBe("TypeError: outer: Error: inner: RangeError: root");
});

test("an endless chain of causes and a long message are cut", () => {
  const error = new Error("x".repeat(400));
  error.cause = error;
  expect(describeError(error)).toHaveLength(500);
});

test.each([[undefined], ["thrown text with a +4915112345678"], [{ message: "no error" }]])(
  "what is not an error says nothing of itself: %s",
  (thrown) => {
    expect(describeError(thrown)).toBe("unknown error");
  },
);
