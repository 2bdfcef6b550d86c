import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addUsage, NO_USAGE, readResponse } from "./response.ts";

const NOW = new Date("2026-11-20T12:00:00Z");

const body = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  candidates: [{ content: { role: "model", parts: [{ text: "hello" }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, thoughtsTokenCount: 30, totalTokenCount: 150 },
  modelVersion: "models/gemini-2.5-flash",
  ...over,
});

test("an ordinary body is read", () => {
  expect(readResponse(body())).toEqual({
    text: "hello",
    finish_reason: "STOP",
    block_reason: null,
    served_model: "gemini-2.5-flash",
    tokens: { prompt_tokens: 100, output_tokens: 50, thinking_tokens: 30, cached_tokens: 0 },
  });
});

test("thoughts are not part of the text", () => {
  const parts = [{ text: "The customer seems", thought: true }, { text: "he" }, { functionCall: {} }, { text: "llo" }];
  expect(readResponse(body({ candidates: [{ content: { parts }, finishReason: "STOP" }] })).text).toBe("hello");
});

test("F165: thinking counts as output", () => {
  const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 20, thoughtsTokenCount: 30 };
  expect(readResponse(body({ usageMetadata })).tokens).toMatchObject({ output_tokens: 50, thinking_tokens: 30 });
});

test("F165: output that only the total shows is counted", () => {
  const usageMetadata = { promptTokenCount: 100, totalTokenCount: 612 };
  expect(readResponse(body({ usageMetadata })).tokens.output_tokens).toBe(512);
});

test("one odd count spoils no other", () => {
  const usageMetadata = { promptTokenCount: "many", candidatesTokenCount: 20, promptTokensDetails: [] };
  expect(readResponse(body({ usageMetadata })).tokens).toMatchObject({ prompt_tokens: 0, output_tokens: 20 });
});

test("F53: a refused question has no candidates and its reason", () => {
  const refused = { candidates: undefined, promptFeedback: { blockReason: "PROHIBITED_CONTENT" } };
  expect(readResponse(body(refused))).toMatchObject({ text: "", block_reason: "PROHIBITED_CONTENT" });
});

test("F54: any JSON is read without throwing, and the empty object as nothing", () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => void readResponse(json)));
  expect(readResponse({})).toMatchObject({ text: "", finish_reason: null, block_reason: null, served_model: null });
});

test("F54: any one field of the body may have any value", () => {
  const field = fc.constantFrom("candidates", "promptFeedback", "usageMetadata", "modelVersion");
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      expect(typeof readResponse(body({ [name]: value })).text).toBe("string");
    }),
  );
});

test("F165: every call is added at the price of the model that served it", () => {
  const { tokens } = readResponse(body({ usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 1000 } }));
  const first = addUsage(NO_USAGE, tokens, "gemini-2.5-flash", NOW);
  const both = addUsage(first, tokens, "gemini-2.5-flash-lite", NOW);
  expect(first.cost_micro_usd).toBe(2_800);
  expect(both).toEqual({
    prompt_tokens: 2000,
    output_tokens: 2000,
    thinking_tokens: 0,
    cached_tokens: 0,
    cost_micro_usd: 3_300,
  });
});
