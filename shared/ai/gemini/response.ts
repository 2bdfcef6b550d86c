import * as z from "zod";
import type { Usage } from "../model.ts";
import { cost } from "../prices.ts";

export interface GeminiResponse {
  /** Parts of the first candidate that are meant for the reader; thoughts are not. */
  text: string;
  finish_reason: string | null;
  /** Set when the vendor refused the question itself. */
  block_reason: string | null;
  /** The model that answered, as the vendor names it. */
  served_model: string | null;
  tokens: Omit<Usage, "cost_micro_usd">;
}

const count = z.number().int().nonnegative().catch(0);
const name = z.string().min(1).nullable().catch(null);

const part = z
  .object({ text: z.string().catch(""), thought: z.boolean().catch(false) })
  .catch({ text: "", thought: false });
const content = z.object({ parts: z.array(part).catch([]) }).catch({ parts: [] });
const candidate = z.object({ finishReason: name, content }).catch({ finishReason: null, content: { parts: [] } });

/** Any field may be missing, and a 200 may be `{}`. */
const body = z
  .object({
    candidates: z.array(candidate).catch([]),
    promptFeedback: z.object({ blockReason: name }).catch({ blockReason: null }),
    modelVersion: name,
    usageMetadata: z.record(z.string(), count).catch({}),
  })
  .catch({ candidates: [], promptFeedback: { blockReason: null }, modelVersion: null, usageMetadata: {} });

/**
 * A generateContent answer, read without the SDK's `text()`, which mixes thoughts into the reply and returns an empty
 * string for several refusals.
 */
export function readResponse(raw: unknown): GeminiResponse {
  const { candidates, promptFeedback, modelVersion, usageMetadata } = body.parse(raw);
  const first = candidates[0];
  return {
    text: (first?.content.parts ?? [])
      .filter(({ thought }) => !thought)
      .map(({ text }) => text)
      .join(""),
    finish_reason: first?.finishReason ?? null,
    block_reason: promptFeedback.blockReason,
    served_model: modelVersion?.replace(/^models\//, "") ?? null,
    tokens: readTokens(usageMetadata),
  };
}

/** Thinking is billed as output and is not part of `candidatesTokenCount` (F165). */
function readTokens(usage: Record<string, number>): GeminiResponse["tokens"] {
  const thinking = usage["thoughtsTokenCount"] ?? 0;
  const prompt = (usage["promptTokenCount"] ?? 0) + (usage["toolUsePromptTokenCount"] ?? 0);
  const output = (usage["candidatesTokenCount"] ?? 0) + thinking;
  return {
    prompt_tokens: prompt,
    output_tokens: Math.max(output, (usage["totalTokenCount"] ?? 0) - prompt),
    thinking_tokens: thinking,
    cached_tokens: usage["cachedContentTokenCount"] ?? 0,
  };
}

export const NO_USAGE: Usage = {
  prompt_tokens: 0,
  output_tokens: 0,
  thinking_tokens: 0,
  cached_tokens: 0,
  cost_micro_usd: 0,
};

/** Adds one call to the sum of a turn, at the price of the model that served it (F165). */
export function addUsage(sum: Usage, tokens: GeminiResponse["tokens"], model: string, now: Date): Usage {
  return {
    prompt_tokens: sum.prompt_tokens + tokens.prompt_tokens,
    output_tokens: sum.output_tokens + tokens.output_tokens,
    thinking_tokens: sum.thinking_tokens + tokens.thinking_tokens,
    cached_tokens: sum.cached_tokens + tokens.cached_tokens,
    cost_micro_usd: sum.cost_micro_usd + cost(tokens, model, now).cost_micro_usd,
  };
}
