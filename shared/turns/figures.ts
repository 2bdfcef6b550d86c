import type { ModelCall } from "../ai/index.ts";

/** A model call's bookkeeping under the names of the columns of `ai_turns`. */
export function figures(model: ModelCall | null): Record<string, unknown> {
  if (!model) return { calls: 0 };
  const { requested_model, served_model, usage, latency_ms, calls } = model;
  return {
    requested_model,
    served_model,
    latency_ms,
    calls,
    prompt_tokens: usage.prompt_tokens,
    output_tokens: usage.output_tokens,
    thinking_tokens: usage.thinking_tokens,
    cost_micro_usd: usage.cost_micro_usd,
  };
}
