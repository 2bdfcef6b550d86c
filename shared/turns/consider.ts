import { buildPrompt, decide, effectiveThreshold, loopGuard, unbacked } from "../ai/index.ts";
import type { Decision, Model, ModelResult } from "../ai/index.ts";
import type { TurnContext } from "./begin.ts";
import type { Verdict } from "./commit.ts";
import type { Failure } from "./fail.ts";
import { openers } from "./openers.ts";

export const MODEL_TIMEOUT_MS = 45_000;
const MAX_OUTPUT_TOKENS = 2_048;
const MAX_FAILURES = 3;
const FIRST_RETRY_MS = 2_000;

export type Considered = { verdict: Verdict; model: ModelResult | null } | { failure: Failure; model: ModelResult };

/**
 * What to do about a conversation: asks the model once and weighs its answer. No database, no provider; everything it
 * looks at is in the context.
 */
export async function consider(
  context: TurnContext,
  { model, now, random }: { model: Model; now: Date; random: () => number },
): Promise<Considered> {
  const prompt = buildPrompt({
    business_prompt: context.business.ai_system_prompt,
    channel_prompt_override: context.channel.ai_prompt_override,
    business_name: context.business.name,
    contact_name: context.contact_name,
    summary: context.summary,
    messages: context.messages,
    elsewhere: context.elsewhere,
    now,
  });
  const threshold = effectiveThreshold(context.channel.ai_confidence_threshold, context.organization_threshold);
  const loop = loopGuard({
    turns_in_window: context.turns_last_hour,
    max_turns: context.max_turns_per_hour,
    last_inbound_texts: openers(context.messages),
  });
  if (loop) {
    // two machines talking: not even the model is asked
    const verdict = toVerdict(handoff("loop"), null, threshold, prompt.version);
    return { verdict: { ...verdict, needs_human_reason: loop }, model: null };
  }

  const result = await model.answer({
    model: context.business.ai_model,
    system: prompt.system,
    turns: prompt.turns,
    temperature: context.business.ai_temperature,
    max_output_tokens: MAX_OUTPUT_TOKENS,
    timeout_ms: MODEL_TIMEOUT_MS,
  });
  const decision = decide({
    result,
    auto_send: context.channel.ai_auto_send,
    threshold,
    late: context.late,
    unbacked: result.outcome === "answer" ? unbacked(result.answer.reply, prompt.material) : [],
    loop: false,
    attempt: context.failures + 1,
    max_attempts: MAX_FAILURES,
  });
  if (result.outcome === "error")
    return { failure: toFailure(result, decision, context.failures, random), model: result };
  return { verdict: settle(toVerdict(decision, result, threshold, prompt.version), context), model: result };
}

/** A customer who keeps writing over the AI gets a draft for a person after the allowed number of restarts (F42). */
function settle(verdict: Verdict, { restarts, max_restarts }: TurnContext): Verdict {
  if (restarts < max_restarts) return verdict;
  const last = { ...verdict, last_restart: true };
  return verdict.decision === "send" ? { ...last, decision: "draft", reason: "too_many_restarts" } : last;
}

function toVerdict(
  { action, reason, reply, confidence }: Decision,
  result: ModelResult | null,
  threshold: number,
  prompt_version: string,
): Verdict {
  const answer = result?.outcome === "answer" ? result.answer : null;
  return {
    decision: action === "retry" ? "handoff" : action,
    reason,
    reply,
    confidence,
    threshold,
    intent: answer?.intent ?? null,
    sentiment: answer?.sentiment ?? null,
    needs_human_reason: action === "handoff" ? (answer?.needs_human_reason ?? reason) : null,
    last_restart: false,
    prompt_version,
  };
}

function handoff(reason: Decision["reason"]): Decision {
  return { action: "handoff", reason, reply: null, confidence: null, retry_after_ms: null };
}

function toFailure(
  { code, message }: Extract<ModelResult, { outcome: "error" }>,
  { action, reason, retry_after_ms }: Decision,
  failures: number,
  random: () => number,
): Failure {
  const backoff = Math.floor((FIRST_RETRY_MS * 2 ** failures * (1 + random())) / 2);
  return { code, message, reason, retry_in_ms: action === "retry" ? Math.max(retry_after_ms ?? 0, backoff) : null };
}
