import type { ModelResult } from "./model.ts";

export interface DecideInput {
  result: ModelResult;
  /** `channels.ai_auto_send`, as it is when the turn commits (F59). */
  auto_send: boolean;
  /** From `effectiveThreshold`, 0–100. */
  threshold: number;
  /** Whether the customer has waited longer than `ai.late_after_seconds`: such an answer is looked at by a person first. */
  late: boolean;
  /** What `unbacked` found in the reply. */
  unbacked: readonly string[];
  /** Whether `loopGuard` found anything. */
  loop: boolean;
  /** Which try at this turn this was, from 1. */
  attempt: number;
  max_attempts: number;
}

export type DecisionReason =
  | "confident"
  | "auto_send_off"
  | "low_confidence"
  | "late"
  | "inferred"
  | "unbacked"
  | "nothing_to_answer"
  | "needs_human"
  | "loop"
  | "answer_cut"
  | "answer_blocked"
  | "answer_malformed"
  | "answer_empty"
  | "model_busy"
  | "model_unavailable"
  | "model_refused";

export interface Decision {
  action: "send" | "draft" | "none" | "handoff" | "retry";
  reason: DecisionReason;
  /** Text to send, or to keep as a draft; null when there is none. Never an error's text (F51). */
  reply: string | null;
  /** 0–100; null when the model gave no usable answer. */
  confidence: number | null;
  /** With `retry`: the vendor's wish; null leaves the back-off to the caller. */
  retry_after_ms: number | null;
}

/**
 * What becomes of the model's result. Only a whole answer that the model finished itself can be sent (F53, F54), and
 * only at or above the threshold (F55). A vendor's failure is retried within the budget, then handed over (F52).
 * What the model inferred, or what names a price, link or address that the business never gave, waits for a person
 * however sure the model is (F56).
 */
export function decide(input: DecideInput): Decision {
  switch (input.result.outcome) {
    case "error":
      return decideError(input.result, input);
    case "unusable":
      return decideUnusable(input.result, input.loop);
    case "answer":
      return decideAnswer(input.result, input);
  }
}

function decideError(
  { retry, retry_after_ms }: Extract<ModelResult, { outcome: "error" }>,
  { loop, attempt, max_attempts }: DecideInput,
): Decision {
  if (loop) return decision("handoff", "loop");
  if (retry && attempt < max_attempts) return { ...decision("retry", "model_busy"), retry_after_ms };
  return decision("handoff", retry ? "model_unavailable" : "model_refused");
}

function decideUnusable({ reason, text }: Extract<ModelResult, { outcome: "unusable" }>, loop: boolean): Decision {
  if (loop) return decision("handoff", "loop");
  // What the vendor blocked is shown to nobody, whatever of it came through.
  const readable = reason === "blocked" ? null : text;
  return decision(readable === null ? "handoff" : "draft", `answer_${reason}`, readable);
}

function decideAnswer(
  { answer }: Extract<ModelResult, { outcome: "answer" }>,
  { auto_send, threshold, late, loop, unbacked }: DecideInput,
): Decision {
  const reply = answer.reply.trim() === "" ? null : answer.reply;
  const as = (action: Decision["action"], reason: DecisionReason, text: string | null = reply) =>
    decision(action, reason, text, answer.confidence);
  if (loop) return as("handoff", "loop");
  if (answer.needs_human || answer.action === "handoff") return as("handoff", "needs_human");
  if (answer.action === "none") return as("none", "nothing_to_answer", null);
  if (reply === null) return as("handoff", "answer_empty");
  if (!auto_send) return as("draft", "auto_send_off");
  if (late) return as("draft", "late");
  if (answer.grounding === "inferred") return as("draft", "inferred");
  if (unbacked.length > 0) return as("draft", "unbacked");
  // Written so that a threshold that is not a number drafts.
  return answer.confidence >= threshold ? as("send", "confident") : as("draft", "low_confidence");
}

function decision(
  action: Decision["action"],
  reason: DecisionReason,
  reply: string | null = null,
  confidence: number | null = null,
): Decision {
  return { action, reason, reply, confidence, retry_after_ms: null };
}
