import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { DecideInput } from "./decide.ts";
import type { Answer, ModelCall, ModelResult } from "./model.ts";

const call: ModelCall = {
  requested_model: "gemini-2.5-flash",
  served_model: "gemini-2.5-flash",
  usage: { prompt_tokens: 10, output_tokens: 5, thinking_tokens: 0, cached_tokens: 0, cost_micro_usd: 16 },
  latency_ms: 300,
  calls: 1,
};

const answered = (over: Partial<Answer> = {}): ModelResult => ({
  ...call,
  outcome: "answer",
  answer: {
    reply: "We open at 8.",
    action: "reply",
    confidence: 90,
    grounding: "given",
    intent: "opening hours",
    sentiment: 0,
    language: "en",
    needs_human: false,
    needs_human_reason: null,
    ...over,
  },
});

const failed = (retry: boolean, retry_after_ms: number | null = null): ModelResult => ({
  ...call,
  outcome: "error",
  retry,
  retry_after_ms,
  status: retry ? 503 : 403,
  code: "X",
  message: "vendor text that no customer may see",
});

const unusable = (reason: "cut" | "blocked" | "malformed" | "empty", text: string | null): ModelResult => ({
  ...call,
  outcome: "unusable",
  reason,
  finish_reason: null,
  text,
});

const input = (over: Partial<DecideInput> = {}): DecideInput => ({
  result: answered(),
  auto_send: true,
  threshold: 80,
  late: false,
  unbacked: [],
  loop: false,
  attempt: 1,
  max_attempts: 3,
  ...over,
});

test("a sure answer is sent", () => {
  expect(decide(input())).toEqual({
    action: "send",
    reason: "confident",
    reply: "We open at 8.",
    confidence: 90,
    retry_after_ms: null,
  });
});

test.each([
  [79, "draft"],
  [80, "send"],
  [81, "send"],
])("F55: a confidence of %d against 80 is a %s", (confidence, action) => {
  expect(decide(input({ result: answered({ confidence }) })).action).toBe(action);
});

test("F55: a threshold of 0 sends everything and one of 100 only certainty", () => {
  expect(decide(input({ threshold: 0, result: answered({ confidence: 0 }) })).action).toBe("send");
  expect(decide(input({ threshold: 100, result: answered({ confidence: 99 }) })).action).toBe("draft");
  expect(decide(input({ threshold: 100, result: answered({ confidence: 100 }) })).action).toBe("send");
});

test("F55: a threshold that is not a number sends nothing", () => {
  expect(decide(input({ threshold: Number.NaN })).action).toBe("draft");
});

test("with auto-send off the surest answer is a draft", () => {
  const result = answered({ confidence: 100 });
  expect(decide(input({ auto_send: false, result }))).toMatchObject({ action: "draft", reason: "auto_send_off" });
});

test("a late answer is a draft", () => {
  expect(decide(input({ late: true }))).toMatchObject({ action: "draft", reason: "late", reply: "We open at 8." });
});

test("F67: none is a decision of its own, whatever else stands in the answer", () => {
  const result = answered({ action: "none", reply: "ok" });
  expect(decide(input({ result }))).toMatchObject({ action: "none", reason: "nothing_to_answer", reply: null });
});

test.each([{ needs_human: true }, { action: "handoff" as const }, { action: "none" as const, needs_human: true }])(
  "a call for a person, %o, is a handoff that keeps the text as a draft",
  (over) => {
    expect(decide(input({ result: answered(over) }))).toMatchObject({
      action: "handoff",
      reason: "needs_human",
      reply: "We open at 8.",
    });
  },
);

test("a handoff without text has no draft", () => {
  expect(decide(input({ result: answered({ action: "handoff", reply: " " }) })).reply).toBeNull();
});

test.each([answered(), failed(true), unusable("malformed", "text")])(
  "F60: a loop is handed over, whatever came of it",
  (result) => {
    expect(decide(input({ loop: true, result }))).toMatchObject({ action: "handoff", reason: "loop" });
  },
);

test("F52: a passing failure is tried again while the budget lasts, then handed over with its reason", () => {
  const result = failed(true, 7_000);
  expect(decide(input({ result, attempt: 2 }))).toMatchObject({
    action: "retry",
    reason: "model_busy",
    retry_after_ms: 7_000,
  });
  expect(decide(input({ result, attempt: 3 }))).toMatchObject({ action: "handoff", reason: "model_unavailable" });
});

test("F52: a failure that will not pass is handed over at once", () => {
  expect(decide(input({ result: failed(false) }))).toMatchObject({ action: "handoff", reason: "model_refused" });
});

test("F51: no error text is in any decision", () => {
  for (const attempt of [1, 3]) {
    for (const retry of [true, false]) {
      const decision = decide(input({ result: failed(retry), attempt }));
      expect(decision.reply).toBeNull();
      expect(JSON.stringify(decision)).not.toContain("vendor text");
    }
  }
});

test.each(["cut", "malformed", "empty"] as const)("F53 F54: an answer that is %s is never sent", (reason) => {
  const sure = { threshold: 0, auto_send: true };
  expect(decide(input({ ...sure, result: unusable(reason, "some text") }))).toMatchObject({
    action: "draft",
    reason: `answer_${reason}`,
    reply: "some text",
  });
  expect(decide(input({ ...sure, result: unusable(reason, null) }))).toMatchObject({ action: "handoff", reply: null });
});

test("F53: what the vendor blocked is shown to nobody", () => {
  expect(decide(input({ result: unusable("blocked", "half a sentence") }))).toMatchObject({
    action: "handoff",
    reason: "answer_blocked",
    reply: null,
  });
});

test.each([1, 80, 100])("F56: an inferred answer is a draft, at a confidence of %d too", (confidence) => {
  expect(decide(input({ result: answered({ grounding: "inferred", confidence }) }))).toMatchObject({
    action: "draft",
    reason: "inferred",
  });
});

test("F56: so is one that names what the business never said", () => {
  const result = answered({ confidence: 100 });
  expect(decide(input({ result, unbacked: ["$1"] }))).toMatchObject({ action: "draft", reason: "unbacked" });
});
