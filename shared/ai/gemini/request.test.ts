import { expect, test } from "vitest";
import { answerSchema } from "../answer.ts";
import type { ModelRequest } from "../model.ts";
import { buildRequest } from "./request.ts";
import type { CallOptions } from "./request.ts";
import { responseSchema } from "./schema.ts";

const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "gemini-2.5-flash",
  system: "Be kind.",
  turns: [{ role: "customer", text: "hi" }],
  temperature: 0.7,
  max_output_tokens: 1000,
  timeout_ms: 20_000,
  ...over,
});

const options = (over: Partial<CallOptions> = {}): CallOptions => ({
  model: "gemini-2.5-flash",
  widened: false,
  bare: false,
  repair: null,
  ...over,
});

test("the question asks for JSON of our schema, with the system prompt apart", () => {
  expect(buildRequest(request(), options())).toMatchObject({
    systemInstruction: { parts: [{ text: "Be kind." }] },
    contents: [{ role: "user", parts: [{ text: "hi" }] }],
    generationConfig: { responseMimeType: "application/json", responseSchema, temperature: 0.7 },
  });
});

test("the vendor's schema asks for the fields that we read, and for all of them", () => {
  const fields = Object.keys(answerSchema.shape);
  expect(responseSchema).toMatchObject({ required: fields });
  expect("properties" in responseSchema ? Object.keys(responseSchema.properties ?? {}) : []).toEqual(fields);
});

test("F65: a 2.5 model is given a thinking budget and no level", () => {
  expect(buildRequest(request(), options()).generationConfig).toMatchObject({
    thinkingConfig: { thinkingBudget: 512 },
  });
});

test("F65: a 3.x model is given a thinking level, no budget, and no temperature that it would ignore", () => {
  const config = buildRequest(request(), options({ model: "gemini-3.5-flash-lite" })).generationConfig;
  expect(config).toMatchObject({ thinkingConfig: { thinkingLevel: "low" } });
  expect(JSON.stringify(config)).not.toContain("thinkingBudget");
  expect(config).not.toHaveProperty("temperature");
});

test("F65: a model of unknown parameters is given none", () => {
  expect(buildRequest(request(), options({ model: "else-1" })).generationConfig).not.toHaveProperty("thinkingConfig");
});

test("F53: room for thinking comes on top of the answer's, and a second try has twice as much", () => {
  expect(buildRequest(request(), options()).generationConfig?.maxOutputTokens).toBe(1512);
  expect(buildRequest(request(), options({ widened: true })).generationConfig?.maxOutputTokens).toBe(3024);
});

test("a bare call has neither temperature nor thinking", () => {
  const config = buildRequest(request(), options({ bare: true })).generationConfig;
  expect(config).not.toHaveProperty("thinkingConfig");
  expect(config).not.toHaveProperty("temperature");
});

test("a temperature off its scale is brought to its end", () => {
  expect(buildRequest(request({ temperature: 9 }), options()).generationConfig?.temperature).toBe(1);
  expect(buildRequest(request({ temperature: Number.NaN }), options()).generationConfig).not.toHaveProperty(
    "temperature",
  );
});

test("the first and the last turn are always the user's", () => {
  const roles = (turns: ModelRequest["turns"]) =>
    buildRequest(request({ turns }), options()).contents.map(({ role }) => role);
  expect(roles([{ role: "business", text: "hello" }])).toEqual(["user", "model", "user"]);
  expect(roles([])).toEqual(["user"]);
});

test("F54: a repair shows the model its output and what was wrong with it", () => {
  const { contents } = buildRequest(request(), options({ repair: { text: "{oops", problem: "Not JSON." } }));
  expect(contents.map(({ role }) => role)).toEqual(["user", "model", "user"]);
  expect(contents[1]?.parts[0]?.text).toBe("{oops");
  expect(contents[2]?.parts[0]?.text).toContain("Not JSON.");
});
