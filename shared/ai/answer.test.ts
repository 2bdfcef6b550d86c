import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseAnswer, REPLY_LIMIT } from "./answer.ts";

const valid = (over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    reply: "We open at 8.",
    action: "reply",
    confidence: 92,
    grounding: "given",
    intent: "opening hours",
    sentiment: 0.4,
    language: "en",
    needs_human: false,
    needs_human_reason: null,
    ...over,
  });

const read = (text: string) => {
  const parsed = parseAnswer(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.answer;
};

test("a whole answer is read as it is", () => {
  expect(read(valid())).toEqual(JSON.parse(valid()));
});

test("F54: any text is either an answer or a problem, and never throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const parsed = parseAnswer(text);
      if (!parsed.ok) expect(parsed.problem).not.toBe("");
    }),
  );
});

test("F54: an answer with any one field replaced by any JSON is either refused or within its bounds", () => {
  const field = fc.constantFrom(...Object.keys(JSON.parse(valid())));
  const number = fc.oneof(fc.integer({ min: -10, max: 110 }), fc.double());
  fc.assert(
    fc.property(field, fc.oneof(fc.jsonValue(), number, fc.string()), (name, value) => {
      const parsed = parseAnswer(valid({ [name]: value }));
      if (!parsed.ok) return;
      const { answer } = parsed;
      expect(Number.isInteger(answer.confidence) && answer.confidence >= 0 && answer.confidence <= 100).toBe(true);
      expect(answer.sentiment === null || Math.abs(answer.sentiment) <= 1).toBe(true);
      expect(answer.action !== "reply" || answer.reply.trim() !== "").toBe(true);
    }),
    { numRuns: 500 },
  );
});

test.each(["reply", "action", "confidence", "grounding", "needs_human"])("F54: %s must be there", (name) => {
  expect(parseAnswer(valid({ [name]: undefined })).ok).toBe(false);
});

test.each(["intent", "sentiment", "language", "needs_human_reason"] as const)("%s may be missing", (name) => {
  expect(read(valid({ [name]: undefined }))[name]).toBeNull();
});

test.each([0.85, 0.01, 0.999, -1, 100.5, "90", null])(
  "F55: a confidence of %j is refused, not rescaled",
  (confidence) => {
    const parsed = parseAnswer(valid({ confidence }));
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining("confidence") });
  },
);

test.each([
  [0, 0],
  [1, 1],
  [79.99, 79],
  [80, 80],
  [100, 100],
])("F55: a confidence of %d is kept as %d", (given, kept) => {
  expect(read(valid({ confidence: given })).confidence).toBe(kept);
});

test.each([
  [-7, -1],
  [7, 1],
  [0.25, 0.25],
])("a sentiment of %d is kept as %d", (given, kept) => {
  expect(read(valid({ sentiment: given })).sentiment).toBe(kept);
});

test("F53: a reply that says nothing is refused when one was announced", () => {
  expect(parseAnswer(valid({ reply: " \n" })).ok).toBe(false);
});

test("an empty or missing reply is fine with none and handoff", () => {
  expect(read(valid({ action: "none", reply: "" })).reply).toBe("");
  expect(read(valid({ action: "handoff", reply: null })).reply).toBe("");
});

test("a reply of the longest length passes and one character more does not", () => {
  expect(read(valid({ reply: "x".repeat(REPLY_LIMIT) })).reply).toHaveLength(REPLY_LIMIT);
  expect(parseAnswer(valid({ reply: "x".repeat(REPLY_LIMIT + 1) }))).toMatchObject({
    ok: false,
    reply: "x".repeat(REPLY_LIMIT + 1),
  });
});

test.each(["a\u0000b", "half \ud83d"])(
  "a reply that the database cannot hold, %j, is refused and not shown",
  (reply) => {
    expect(parseAnswer(valid({ reply }))).toMatchObject({ ok: false, reply: null });
  },
);

test("a reply keeps its spaces and line breaks", () => {
  expect(read(valid({ reply: " a\n\n b " })).reply).toBe(" a\n\n b ");
});

test("F54: cut JSON has no reply to show", () => {
  expect(parseAnswer(valid().slice(0, -10))).toMatchObject({ ok: false, reply: null });
});

test.each([
  ["EN-us", "en-US"],
  ["not a language", null],
  ["", null],
])("a language of %j is kept as %j", (given, kept) => {
  expect(read(valid({ language: given })).language).toBe(kept);
});

test("an endless remark is shortened without breaking a character", () => {
  expect(read(valid({ intent: "😀".repeat(500) })).intent).toBe("😀".repeat(100));
});
