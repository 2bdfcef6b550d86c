import { expect, test } from "vitest";
import type { Failure } from "./failure.ts";
import { firstPlan, nextStep } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { GeminiResponse } from "./response.ts";

const ANSWER = JSON.stringify({
  reply: "At 8.",
  action: "reply",
  confidence: 90,
  grounding: "given",
  needs_human: false,
});
const LIMITS = { remaining_ms: 20_000, random: () => 0.5 };
const PLAN = firstPlan(["gemini-2.5-flash", "gemini-3.5-flash-lite"]);
const tokens = { prompt_tokens: 1, output_tokens: 1, thinking_tokens: 0, cached_tokens: 0 };

const said = (over: Partial<GeminiResponse> = {}, plan: Plan = PLAN) =>
  nextStep(
    plan,
    { response: { text: ANSWER, finish_reason: "STOP", block_reason: null, served_model: null, tokens, ...over } },
    LIMITS,
  );

const failed = (over: Partial<Failure> = {}, plan: Plan = PLAN, limits = LIMITS) =>
  nextStep(
    plan,
    {
      failure: { retry: true, retry_after_ms: null, transient: true, status: 503, code: "X", message: "no", ...over },
    },
    limits,
  );

test("a finished answer in the right form is one", () => {
  expect(said()).toMatchObject({ stop: { outcome: "answer", answer: { reply: "At 8." } } });
});

test.each(["SAFETY", "PROHIBITED_CONTENT", "RECITATION", "BLOCKLIST", "SPII", "LANGUAGE"])(
  "F53: an answer finished by %s is blocked, however whole it looks",
  (finish_reason) => {
    expect(said({ finish_reason })).toEqual({
      stop: { outcome: "unusable", reason: "blocked", finish_reason, text: null },
    });
  },
);

test("F53: a blocked question is blocked", () => {
  expect(said({ text: "", finish_reason: null, block_reason: "OTHER" })).toMatchObject({
    stop: { reason: "blocked", finish_reason: "OTHER" },
  });
});

test.each(["OTHER", "MALFORMED_FUNCTION_CALL", "SOMETHING_NEW", null])(
  "F53: a whole answer finished by %s is no answer, only material for a draft",
  (finish_reason) => {
    expect(said({ finish_reason })).toMatchObject({ stop: { outcome: "unusable", reason: "cut", text: "At 8." } });
  },
);

test("F53: a cut answer is asked for once more with more room, and then given up", () => {
  const first = said({ finish_reason: "MAX_TOKENS", text: ANSWER.slice(0, 20) });
  expect(first).toMatchObject({ ask: { widened: true, repair: null } });
  const second = said({ finish_reason: "MAX_TOKENS", text: ANSWER.slice(0, 20) }, { ...PLAN, widened: true });
  expect(second).toMatchObject({ stop: { outcome: "unusable", reason: "cut", text: null } });
});

test("F53: thinking that ate the whole room is a cut answer", () => {
  expect(said({ finish_reason: "MAX_TOKENS", text: "" })).toMatchObject({ ask: { widened: true } });
  expect(said({ finish_reason: "MAX_TOKENS", text: "" }, { ...PLAN, widened: true })).toMatchObject({
    stop: { reason: "cut" },
  });
});

test("F53: an empty answer is asked for once more, and then given up", () => {
  expect(said({ text: " " })).toMatchObject({ ask: { widened: true } });
  expect(said({ text: " " }, { ...PLAN, widened: true })).toMatchObject({ stop: { reason: "empty", text: null } });
});

test("F53: a body with nothing in it is empty", () => {
  expect(said({ text: "", finish_reason: null })).toMatchObject({ stop: { reason: "empty" } });
});

test("F54: an answer in the wrong form is repaired once, and then given up", () => {
  const first = said({ text: "Hello!" });
  expect(first).toMatchObject({ ask: { repair: { text: "Hello!", problem: expect.stringContaining("JSON") } } });
  const again = said({ text: "Hello!" }, { ...PLAN, repair: { text: "Hello!", problem: "x" } });
  expect(again).toMatchObject({ stop: { outcome: "unusable", reason: "malformed", text: null } });
});

test("F64: a model that is not served gives way to the next, and the last one's refusal stands", () => {
  expect(failed({ status: 404, retry: false, transient: false })).toMatchObject({
    ask: { chain: ["gemini-3.5-flash-lite"] },
  });
  const last = firstPlan(["gemini-3.5-flash-lite"]);
  expect(failed({ status: 404, retry: false, transient: false }, last)).toMatchObject({
    stop: { outcome: "error", status: 404, retry: false },
  });
});

test("F52: a stumble is tried again once, after a short and spread wait", () => {
  expect(failed()).toMatchObject({ ask: { retried: true, wait_ms: 400 } });
  expect(failed({}, { ...PLAN, retried: true })).toEqual({
    stop: { outcome: "error", retry: true, retry_after_ms: null, status: 503, code: "X", message: "no" },
  });
});

test("F52: the vendor's wait is kept to up to two seconds and told to the caller beyond", () => {
  expect(failed({ retry_after_ms: 2_000 })).toMatchObject({ ask: { wait_ms: 2_000 } });
  expect(failed({ retry_after_ms: 2_001 })).toMatchObject({ stop: { retry: true, retry_after_ms: 2_001 } });
});

test("F52: a wait that would outlast the question is not begun", () => {
  expect(failed({ retry_after_ms: 1_000 }, PLAN, { ...LIMITS, remaining_ms: 1_000 })).toHaveProperty("stop");
});

test("F65: a refused parameter is dropped once", () => {
  const refusal = {
    status: 400,
    code: "INVALID_ARGUMENT",
    retry: false,
    transient: false,
    message: "thinking_budget is not supported",
  };
  expect(failed(refusal)).toMatchObject({ ask: { bare: true } });
  expect(failed(refusal, { ...PLAN, bare: true })).toMatchObject({ stop: { status: 400, retry: false } });
  expect(failed({ ...refusal, message: "contents is empty" })).toHaveProperty("stop");
});
