import { GoogleGenerativeAI, GoogleGenerativeAIFetchError, SchemaType } from "@google/generative-ai";
import type { GenerationConfig } from "@google/generative-ai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { API_KEY, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
let now: number;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 20);
  rig = await startRig({ clock: () => now });
});
afterEach(() => rig.close());

const JSON_ANSWER: GenerationConfig = {
  responseMimeType: "application/json",
  responseSchema: {
    type: SchemaType.OBJECT,
    properties: {
      reply: { type: SchemaType.STRING },
      confidence: { type: SchemaType.INTEGER },
      intent: { type: SchemaType.STRING, nullable: true },
      needs_human: { type: SchemaType.BOOLEAN },
    },
    required: ["reply", "confidence"],
  },
};

async function ask(
  text: string,
  { key = API_KEY, model = "gemini-2.5-flash", config = {} as Record<string, unknown> } = {},
) {
  const generationConfig = { ...JSON_ANSWER, ...config };
  const options = { model, systemInstruction: "You work in a shop.", generationConfig };
  const client = new GoogleGenerativeAI(key).getGenerativeModel(options, { baseUrl: rig.simulators.url });
  return (await client.generateContent(text)).response;
}

async function failure(asked: Promise<unknown>): Promise<GoogleGenerativeAIFetchError> {
  const error: unknown = await asked.catch((caught: unknown) => caught);
  if (error instanceof GoogleGenerativeAIFetchError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
}

test("the built-in assistant answers in the form of the schema, with usage and the model's name", async () => {
  const response = await ask("When do you open?");
  expect(JSON.parse(response.text())).toEqual({
    reply: "We are open Monday to Saturday from 9:00 to 18:00.",
    confidence: 96,
    intent: "opening_hours",
    needs_human: false,
  });
  expect(response.candidates?.[0]?.finishReason).toBe("STOP");
  expect(response).toMatchObject({
    modelVersion: "gemini-2.5-flash",
    usageMetadata: { thoughtsTokenCount: 32, totalTokenCount: expect.any(Number) },
  });
});

test("the answer is to the customer's last turn", async () => {
  const contents = [
    { role: "user", parts: [{ text: "How much is a mug?" }] },
    { role: "model", parts: [{ text: "$12." }] },
    { role: "user", parts: [{ text: "Thanks!" }] },
  ];
  const client = new GoogleGenerativeAI(API_KEY).getGenerativeModel(
    { model: "gemini-2.5-flash", generationConfig: JSON_ANSWER },
    { baseUrl: rig.simulators.url },
  );
  expect(JSON.parse((await client.generateContent({ contents })).response.text())).toMatchObject({ intent: "thanks" });
});

test("a scripted answer comes as it was given, out of range or not", async () => {
  rig.simulators.api.setModel([{ reply: "Sure.", confidence: 850, intent: "odd", needs_human: true }]);
  expect(JSON.parse((await ask("Hi")).text())).toEqual({
    reply: "Sure.",
    confidence: 850,
    intent: "odd",
    needs_human: true,
  });
});

test("raw text is the candidate's text, a raw body is the whole answer", async () => {
  rig.simulators.api.setModel([{ raw: "not JSON" }, { raw: { promptFeedback: { blockReason: "OTHER" } } }]);
  expect((await ask("Hi")).text()).toBe("not JSON");
  expect((await ask("Hi")).promptFeedback?.blockReason).toBe("OTHER");
});

test("a blocked answer has a reason and no text, a cut one ends in the middle", async () => {
  rig.simulators.api.setModel([
    { finishReason: "PROHIBITED_CONTENT" },
    { reply: "A long answer", confidence: 90, finishReason: "MAX_TOKENS" },
  ]);
  const blocked = await ask("Hi");
  expect(blocked.candidates).toEqual([{ finishReason: "PROHIBITED_CONTENT", index: 0 }]);
  expect(blocked.text()).toBe("");
  const cut = await ask("Hi");
  expect(cut.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
  expect(() => JSON.parse(cut.text())).toThrow();
});

test("an answer that does not fit into maxOutputTokens is cut; thinking takes its part", async () => {
  const roomy = await ask("When do you open?", { config: { maxOutputTokens: 200 } });
  expect(roomy.candidates?.[0]?.finishReason).toBe("STOP");
  const eaten = await ask("When do you open?", { config: { maxOutputTokens: 32 } });
  expect(eaten.candidates?.[0]).toEqual({ finishReason: "MAX_TOKENS", index: 0 });
  const unthinking = { maxOutputTokens: 60, thinkingConfig: { thinkingBudget: 0 } };
  const direct = await ask("When do you open?", { config: unthinking });
  expect(direct.candidates?.[0]?.finishReason).toBe("STOP");
  expect(direct.usageMetadata).not.toHaveProperty("thoughtsTokenCount");
});

test("a wrong key is 400 with API_KEY_INVALID", async () => {
  const error = await failure(ask("Hi", { key: "wrong" }));
  expect(error.status).toBe(400);
  expect(error.errorDetails).toMatchObject([{ reason: "API_KEY_INVALID" }]);
});

test("a retired model is 404", async () => {
  expect((await failure(ask("Hi", { model: "gemini-1.5-flash" }))).status).toBe(404);
});

test("gemini-2.5-flash is served by its successor from 1 December 2026", async () => {
  now = Date.UTC(2026, 11, 1);
  expect(await ask("Hi")).toMatchObject({ modelVersion: "gemini-3.5-flash-lite" });
});

test.each([
  ["an unknown setting", "gemini-2.5-flash", { temprature: 1 }],
  ["a temperature over 2", "gemini-2.5-flash", { temperature: 2.1 }],
  ["a thinking level before 3.x", "gemini-2.5-flash", { thinkingConfig: { thinkingLevel: "low" } }],
  ["a thinking budget from 3.x on", "gemini-3.8-flash", { thinkingConfig: { thinkingBudget: 0 } }],
  ["a schema without JSON", "gemini-2.5-flash", { responseMimeType: "text/plain" }],
])("%s is 400", async (_, model, config) => {
  expect((await failure(ask("Hi", { model, config }))).status).toBe(400);
});

test("a fault by status word comes with Google's details", async () => {
  const fault = {
    provider: "gemini",
    operation: "model",
    kind: "error",
    value: "RESOURCE_EXHAUSTED",
    count: 1,
  } as const;
  rig.simulators.api.addFault(fault);
  const error = await failure(ask("Hi"));
  expect(error.status).toBe(429);
  expect(error.errorDetails).toMatchObject([{ retryDelay: "1s" }]);
  expect((await ask("Hi")).candidates).toHaveLength(1);
});
