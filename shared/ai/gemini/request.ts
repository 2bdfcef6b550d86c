import type { Content, GenerateContentRequest, GenerationConfig } from "@google/generative-ai";
import type { ModelRequest } from "../model.ts";
import { modelTraits } from "../models.ts";
import type { ModelTraits } from "../models.ts";
import { clip } from "../text.ts";
import { responseSchema } from "./schema.ts";

/** How one call differs from the plain question. */
export interface CallOptions {
  model: string;
  /** Twice the room for the answer, after one that was cut off. */
  widened: boolean;
  /** Without temperature and thinking, after the vendor refused a parameter. */
  bare: boolean;
  /** The answer that could not be used, and why. */
  repair: { text: string; problem: string } | null;
}

/** The SDK's type ends before thinking; fields it does not know are passed on. */
interface GeminiConfig extends GenerationConfig {
  thinkingConfig?: { thinkingBudget: number } | { thinkingLevel: string };
}

/** Tokens. Enough for a chat reply, and a bound to what a turn may cost. */
const THINKING_BUDGET = 512;
/** Tokens of thinking allowed for where the vendor takes a level, or nothing, instead of a number. */
const THINKING_ALLOWANCE = 1024;
const ECHO_LIMIT = 6_000;

/**
 * The body of one generateContent call. Thinking is billed and counted as output, so its share is added to the room for
 * the answer, which it would otherwise eat (F53).
 */
export function buildRequest(request: ModelRequest, options: CallOptions): GenerateContentRequest {
  const traits = modelTraits(options.model);
  const room = request.max_output_tokens + thinkingRoom(traits);
  const generationConfig: GeminiConfig = {
    responseMimeType: "application/json",
    responseSchema,
    maxOutputTokens: options.widened ? room * 2 : room,
    ...(options.bare ? {} : tuning(traits, request.temperature)),
  };
  return {
    systemInstruction: { role: "system", parts: [{ text: request.system }] },
    contents: [...conversation(request.turns), ...repairTurns(options.repair)],
    generationConfig,
  };
}

function tuning({ thinking, temperature }: ModelTraits, wanted: number): Partial<GeminiConfig> {
  return {
    ...(temperature && Number.isFinite(wanted) ? { temperature: Math.min(1, Math.max(0, wanted)) } : {}),
    ...(thinking === "budget" ? { thinkingConfig: { thinkingBudget: THINKING_BUDGET } } : {}),
    ...(thinking === "level" ? { thinkingConfig: { thinkingLevel: "low" } } : {}),
  };
}

function thinkingRoom({ thinking }: ModelTraits): number {
  return thinking === "budget" ? THINKING_BUDGET : THINKING_ALLOWANCE;
}

/** The vendor wants the first turn to be the user's, and from gemini-3.5-flash-lite on refuses a last one by the model. */
function conversation(turns: ModelRequest["turns"]): Content[] {
  const contents = turns.map(({ role, text }) => (role === "customer" ? user(text) : model(text)));
  if (contents[0]?.role !== "user") contents.unshift(user("[The business wrote first]"));
  if (contents.at(-1)?.role !== "user") contents.push(user("[The customer has not written anything new]"));
  return contents;
}

function repairTurns(repair: CallOptions["repair"]): Content[] {
  if (!repair) return [];
  return [
    model(clip(repair.text, ECHO_LIMIT)),
    user(
      `[Not from the customer] Your output could not be used: ${clip(repair.problem, 1_000)} ` +
        "Answer the customer again, as one JSON object of the given schema.",
    ),
  ];
}

function user(text: string): Content {
  return { role: "user", parts: [{ text }] };
}

function model(text: string): Content {
  return { role: "model", parts: [{ text }] };
}
