import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createGemini } from "./gemini.ts";
import type { ModelRequest } from "./model.ts";

const KEY = "test-key-that-must-not-leak";
const NOW = Date.parse("2026-11-20T12:00:00Z");
const USAGE = { promptTokenCount: 1000, candidatesTokenCount: 100, thoughtsTokenCount: 100, totalTokenCount: 1200 };

interface Received {
  path: string;
  key: string | undefined;
  body: { contents: { role: string }[]; generationConfig: Record<string, unknown> };
}

/** What the vendor answers, in order; `hang` never does, `drop` closes the connection. */
type Scripted = { status: number; body: unknown } | "hang" | "drop";

let script: Scripted[] = [];
let received: Received[] = [];
let waits: number[] = [];
let base_url = "";
const server = createServer((request, response) => void handle(request, response));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  received.push({
    path: request.url ?? "",
    key: request.headers["x-goog-api-key"]?.toString(),
    body: JSON.parse(Buffer.concat(chunks).toString()),
  });
  const next = script.shift() ?? { status: 500, body: { error: { message: "the script has ended" } } };
  if (next === "hang") return;
  if (next === "drop") return void request.socket.destroy();
  response.writeHead(next.status, { "content-type": "application/json" });
  response.end(typeof next.body === "string" ? next.body : JSON.stringify(next.body));
}

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base_url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

beforeEach(() => {
  script = [];
  received = [];
  waits = [];
});

const answerText = (over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    reply: "We open at 8.",
    action: "reply",
    confidence: 92,
    grounding: "given",
    intent: null,
    sentiment: null,
    language: "en",
    needs_human: false,
    needs_human_reason: null,
    ...over,
  });

const says = (text: string, over: Record<string, unknown> = {}): Scripted => ({
  status: 200,
  body: {
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }],
    usageMetadata: USAGE,
    modelVersion: "gemini-2.5-flash",
    ...over,
  },
});

const refuses = (status: number, message = "no", details: unknown[] = []): Scripted => ({
  status,
  body: { error: { code: status, message, status: "X", details } },
});

const finished = (finishReason: string, text: string): Scripted =>
  says("", { candidates: [{ content: { parts: [{ text }] }, finishReason }] });

function ask(over: Partial<ModelRequest> = {}, now = () => NOW) {
  const model = createGemini({
    api_key: KEY,
    base_url,
    now,
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
  });
  return model.answer({
    model: "gemini-2.5-flash",
    system: "Be kind.",
    turns: [{ role: "customer", text: "When do you open?" }],
    temperature: 0.7,
    max_output_tokens: 1000,
    timeout_ms: 10_000,
    ...over,
  });
}

test("an answer comes with its bookkeeping", async () => {
  script = [says(answerText())];
  expect(await ask()).toEqual({
    outcome: "answer",
    answer: JSON.parse(answerText()),
    requested_model: "gemini-2.5-flash",
    served_model: "gemini-2.5-flash",
    usage: { prompt_tokens: 1000, output_tokens: 200, thinking_tokens: 100, cached_tokens: 0, cost_micro_usd: 800 },
    latency_ms: 0,
    calls: 1,
  });
  expect(received).toMatchObject([{ path: "/v1beta/models/gemini-2.5-flash:generateContent", key: KEY }]);
});

test("F64: from the day of its retirement a model is asked for by its successor's name", async () => {
  script = [says(answerText(), { modelVersion: "gemini-3.5-flash-lite" })];
  const result = await ask({}, () => Date.parse("2026-12-01T00:00:00Z"));
  expect(result).toMatchObject({
    outcome: "answer",
    requested_model: "gemini-2.5-flash",
    served_model: "gemini-3.5-flash-lite",
  });
  expect(received[0]?.path).toContain("/gemini-3.5-flash-lite:");
});

test("F64: a 404 moves on to the next model, with that one's parameters", async () => {
  script = [refuses(404), says(answerText(), { modelVersion: "gemini-3.5-flash-lite-001" })];
  expect(await ask()).toMatchObject({ outcome: "answer", served_model: "gemini-3.5-flash-lite-001", calls: 2 });
  expect(received.map(({ body }) => body.generationConfig["thinkingConfig"])).toEqual([
    { thinkingBudget: 512 },
    { thinkingLevel: "low" },
  ]);
});

test("F64: when no model of the chain is served, the turn still ends", async () => {
  script = [refuses(404), refuses(404), refuses(404)];
  expect(await ask()).toMatchObject({ outcome: "error", status: 404, retry: false, calls: 3 });
});

test("F65: the model that the vendor says it used is the one recorded and priced", async () => {
  script = [says(answerText(), { modelVersion: "gemini-3.8-flash" })];
  expect(await ask()).toMatchObject({ served_model: "gemini-3.8-flash", usage: { cost_micro_usd: 1_500 } });
});

test("F65: a parameter refused after a redirect is dropped", async () => {
  script = [refuses(400, "Thinking budget is not supported for this model"), says(answerText())];
  expect(await ask()).toMatchObject({ outcome: "answer", calls: 2 });
  expect(received[1]?.body.generationConfig).not.toHaveProperty("thinkingConfig");
});

test("F53 F165: a cut answer is asked for again with more room, and both are counted", async () => {
  script = [finished("MAX_TOKENS", '{"reply":"We op'), says(answerText())];
  const result = await ask();
  expect(result).toMatchObject({
    outcome: "answer",
    calls: 2,
    usage: { prompt_tokens: 2000, output_tokens: 400, cost_micro_usd: 1_600 },
  });
  const rooms = received.map(({ body }) => Number(body.generationConfig["maxOutputTokens"]));
  expect(rooms[1]).toBeGreaterThan(rooms[0] ?? Number.NaN);
});

test("F53: an answer cut twice is unusable", async () => {
  script = [finished("MAX_TOKENS", "{"), finished("MAX_TOKENS", "{")];
  expect(await ask()).toMatchObject({
    outcome: "unusable",
    reason: "cut",
    finish_reason: "MAX_TOKENS",
    text: null,
    calls: 2,
  });
});

test("F53: a blocked answer is not asked for again", async () => {
  script = [finished("SAFETY", answerText())];
  expect(await ask()).toMatchObject({ outcome: "unusable", reason: "blocked", text: null, calls: 1 });
});

test("F53: a blocked question is unusable", async () => {
  script = [says("", { candidates: undefined, promptFeedback: { blockReason: "SAFETY" } })];
  expect(await ask()).toMatchObject({ outcome: "unusable", reason: "blocked", finish_reason: "SAFETY" });
});

test("F54 F165: an answer in the wrong form is repaired by exactly one more call, counted too", async () => {
  script = [says("Sure! We open at 8."), says(answerText())];
  expect(await ask()).toMatchObject({ outcome: "answer", calls: 2, usage: { output_tokens: 400 } });
  expect(received[1]?.body.contents.map(({ role }) => role)).toEqual(["user", "model", "user"]);
});

test("F54: after one repair in vain the answer is unusable, with the reply that could be read", async () => {
  script = [says(answerText({ confidence: 0.9 })), says(answerText({ confidence: 0.9 }))];
  expect(await ask()).toMatchObject({ outcome: "unusable", reason: "malformed", text: "We open at 8.", calls: 2 });
});

test("thoughts do not reach the answer", async () => {
  const parts = [{ text: "I should be careful here.", thought: true }, { text: answerText() }];
  script = [says("", { candidates: [{ content: { parts }, finishReason: "STOP" }] })];
  expect(await ask()).toMatchObject({ outcome: "answer", answer: { reply: "We open at 8." } });
});

test("F52: a stumble is tried again once", async () => {
  script = [refuses(503), says(answerText())];
  expect(await ask()).toMatchObject({ outcome: "answer", calls: 2 });
  expect(waits).toEqual([200]);
});

test("F52: two stumbles are an error that may pass", async () => {
  script = [refuses(503), refuses(500)];
  expect(await ask()).toMatchObject({ outcome: "error", retry: true, status: 500, calls: 2 });
});

test("F52: a long wait asked for by the vendor is told, not waited", async () => {
  script = [refuses(429, "slow down", [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "37s" }])];
  expect(await ask()).toMatchObject({ outcome: "error", retry: true, retry_after_ms: 37_000, status: 429, calls: 1 });
  expect(waits).toEqual([]);
});

test("F51: a refused key is an error without the key in it", async () => {
  script = [
    refuses(400, `API key ${KEY} not valid`, [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
    ]),
  ];
  const result = await ask();
  expect(result).toMatchObject({ outcome: "error", retry: false, code: "API_KEY_INVALID", calls: 1 });
  expect(JSON.stringify(result)).not.toContain(KEY);
});

test("F52: no answer in time is an error that may pass", async () => {
  script = ["hang"];
  expect(await ask({ timeout_ms: 50 })).toMatchObject({ outcome: "error", retry: true, code: "TIMEOUT", calls: 1 });
});

test("F52: the time is for all calls together", async () => {
  script = [says("not JSON"), says(answerText())];
  const clock = [NOW, NOW];
  expect(await ask({ timeout_ms: 5_000 }, () => clock.shift() ?? NOW + 5_000)).toMatchObject({
    code: "TIMEOUT",
    calls: 1,
    usage: { output_tokens: 200 },
  });
});

test("F52: a dropped connection is an error that may pass", async () => {
  script = ["drop"];
  expect(await ask()).toMatchObject({ outcome: "error", retry: true, code: "NETWORK", status: null });
});

test.each(["", "<html>", "null", "[]", "{}", '"text"'])("F54: a 200 with the body %j throws nothing", async (body) => {
  script = [{ status: 200, body }];
  const result = await ask();
  expect(["error", "unusable"]).toContain(result.outcome);
});

test("an error that is not JSON is an error", async () => {
  script = [
    { status: 502, body: "<html>bad gateway</html>" },
    { status: 502, body: "<html>bad gateway</html>" },
  ];
  expect(await ask()).toMatchObject({ outcome: "error", retry: true, status: 502 });
});
