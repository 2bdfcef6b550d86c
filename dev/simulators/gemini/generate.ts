import { randomBytes } from "node:crypto";
import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { assist } from "./assistant.ts";
import { geminiError } from "./errors.ts";
import { fitToSchema, schemaProblem } from "./fit.ts";
import { generateRequest, textOf } from "./generate-schema.ts";
import type { GenerateRequest } from "./generate-schema.ts";
import { servedModel } from "./models.ts";
import type { Script, ScriptEntry } from "./script.ts";

export interface GenerateOptions {
  script: Script;
  timers: Timers;
  clock: () => number;
  /** Milliseconds that the built-in model takes. */
  latency_ms: number;
}

/** The handler of `:generateContent`; the model's name is the path's first group. */
export function createGenerate({ script, timers, clock, latency_ms }: GenerateOptions): (call: Call) => Promise<Reply> {
  return async function generate(call) {
    const name = call.params[0] ?? "";
    const model = servedModel(name, "generateContent", clock());
    if (!model) return unknownModel(name, "generateContent");
    const parsed = generateRequest.safeParse(call.body);
    if (!parsed.success) return invalid(parsed.error.issues[0]);
    const problem = configProblem(parsed.data, model);
    if (problem) return geminiError("INVALID_ARGUMENT", problem);

    // moods are rated behind the scenes: a script is for what customers are answered
    const moods = moodsAsked(parsed.data);
    if (moods) return json(200, complete(parsed.data, { raw: moods }, model.name));

    const entry = script.take();
    const delay = entry?.delay_ms ?? latency_ms;
    if (delay > 0) await timers.sleep(delay);
    if (entry && isWholeBody(entry.raw)) return json(200, entry.raw);
    return json(200, complete(parsed.data, entry, model.name));
  };
}

export function unknownModel(name: string, method: string): Reply {
  const message = `models/${name} is not found for API version v1beta, or is not supported for ${method}.`;
  return geminiError("NOT_FOUND", message);
}

function invalid(issue: { message: string; path: PropertyKey[]; code?: string; keys?: string[] } | undefined): Reply {
  const at = issue?.path.map(String).join(".") ?? "";
  const unknown = issue?.keys?.[0];
  const message = unknown
    ? `Invalid JSON payload received. Unknown name "${unknown}" at '${at}': Cannot find field.`
    : `Invalid value at '${at}': ${issue?.message ?? "not an object"}`;
  return geminiError("INVALID_ARGUMENT", message);
}

function configProblem(
  request: GenerateRequest,
  model: { thinking: "budget" | "level" | undefined; redirected: boolean },
): string | null {
  const { thinkingConfig, responseSchema, responseMimeType } = request.generationConfig ?? {};
  if (thinkingConfig?.thinkingLevel !== undefined && model.thinking === "budget" && !model.redirected) {
    return "Thinking level is not supported for this model.";
  }
  if (thinkingConfig?.thinkingBudget !== undefined && model.thinking === "level") {
    return "Thinking budget is not supported for this model.";
  }
  if (!responseSchema) return null;
  if (responseMimeType !== "application/json") return "Response schema needs response_mime_type application/json.";
  return schemaProblem(responseSchema, "GenerateContentRequest.generation_config.response_schema");
}

function complete(request: GenerateRequest, entry: ScriptEntry | null, modelVersion: string): unknown {
  const config = request.generationConfig ?? {};
  const text = answerText(request, entry);
  const thoughts = thinkingTokens(config.thinkingConfig?.thinkingBudget);
  const room = Math.max(0, (config.maxOutputTokens ?? 8192) - thoughts);
  const overflows = tokens(text) > room;
  const finishReason = entry?.finishReason ?? (overflows ? "MAX_TOKENS" : "STOP");
  const shown = finish(text, finishReason, overflows ? room * CHARACTERS_A_TOKEN : Math.floor(text.length / 2));

  const prompt = tokens(
    textOf([...(request.systemInstruction?.parts ?? []), ...request.contents.flatMap((c) => c.parts)]),
  );
  const output = tokens(shown);
  return {
    candidates: [
      { ...(shown !== "" && { content: { parts: [{ text: shown }], role: "model" } }), finishReason, index: 0 },
    ],
    usageMetadata: {
      promptTokenCount: prompt,
      ...(output > 0 && { candidatesTokenCount: output }),
      totalTokenCount: prompt + output + thoughts,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
      ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    },
    modelVersion,
    responseId: randomBytes(12).toString("base64url"),
  };
}

/** The built-in model's answer to a request for the moods of a list of messages; null for any other request. */
function moodsAsked({ contents, generationConfig }: GenerateRequest): { sentiments: number[] } | null {
  const properties = generationConfig?.responseSchema?.properties;
  if (typeof properties !== "object" || properties === null || !Object.hasOwn(properties, "sentiments")) return null;
  const lines: unknown = JSON.parse(textOf(contents[0]?.parts ?? []));
  return { sentiments: Array.isArray(lines) ? lines.map((line) => assist(String(line)).sentiment) : [] };
}

function answerText(request: GenerateRequest, entry: ScriptEntry | null): string {
  if (entry?.raw !== undefined) return typeof entry.raw === "string" ? entry.raw : JSON.stringify(entry.raw);
  const asked = textOf(request.contents.findLast((each) => each.role !== "model")?.parts ?? []);
  const answer = entry ? scripted(entry) : assist(asked);
  const { responseMimeType, responseSchema } = request.generationConfig ?? {};
  if (responseMimeType !== "application/json") return answer.reply;
  return JSON.stringify(responseSchema ? fitToSchema(responseSchema, { ...answer }) : answer);
}

function scripted(entry: ScriptEntry) {
  const { reply = "", confidence = 90, needs_human = false } = entry;
  return {
    reply,
    action: entry.action ?? (needs_human ? "handoff" : reply === "" ? "none" : "reply"),
    confidence,
    grounding: entry.grounding ?? "given",
    intent: entry.intent ?? null,
    sentiment: entry.sentiment ?? 0,
    language: entry.language ?? "en",
    needs_human,
    needs_human_reason: entry.needs_human_reason ?? (needs_human ? "scripted" : null),
  };
}

/** A blocked answer has no text, a cut one ends in the middle. */
function finish(text: string, finishReason: string, cutAt: number): string {
  if (finishReason === "STOP") return text;
  return finishReason === "MAX_TOKENS" ? text.slice(0, cutAt) : "";
}

const CHARACTERS_A_TOKEN = 4;
const THINKING_TOKENS = 32;

function tokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}

/** A budget of 0 turns thinking off, −1 or none leaves it to the model. */
function thinkingTokens(budget: number | undefined): number {
  return budget === undefined || budget < 0 ? THINKING_TOKENS : Math.min(budget, THINKING_TOKENS);
}

function isWholeBody(raw: unknown): boolean {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return false;
  return "candidates" in raw || "promptFeedback" in raw || Object.keys(raw).length === 0;
}
