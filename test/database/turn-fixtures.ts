import type { Answer, Model, ModelCall, ModelResult } from "../../shared/ai/index.ts";
import type { Claim, ClaimedAttempt, SendOutcome } from "../../shared/sending/attempt.ts";
import type { Begun } from "../../shared/turns/begin.ts";
import type { Verdict } from "../../shared/turns/commit.ts";

export type Send = (attempt: ClaimedAttempt) => Promise<SendOutcome>;

let sent = 0;

/** A provider that takes everything and gives each message an id. */
export function acceptsAll(log: ClaimedAttempt[] = []): Send {
  return (attempt) => {
    log.push(attempt);
    return Promise.resolve({ state: "accepted", provider_id: `wamid.sent.${++sent}`, held: false });
  };
}

export const FIGURES: ModelCall = {
  requested_model: "gemini-2.5-flash",
  served_model: "gemini-2.5-flash-001",
  usage: { prompt_tokens: 100, output_tokens: 30, thinking_tokens: 10, cached_tokens: 0, cost_micro_usd: 400 },
  latency_ms: 700,
  calls: 1,
};

const ANSWER: Answer = {
  reply: "We open at nine.",
  action: "reply",
  confidence: 95,
  grounding: "given",
  intent: "opening hours",
  sentiment: 0.5,
  language: "en",
  needs_human: false,
  needs_human_reason: null,
};

export const answer = (change: Partial<Answer> = {}): ModelResult => ({
  outcome: "answer",
  answer: { ...ANSWER, ...change },
  ...FIGURES,
});

/** A model that gives these results in turn, the last one for ever; what it was asked is in `asked`. */
export function scripted(...script: (ModelResult | (() => Promise<ModelResult>))[]) {
  const asked: Parameters<Model["answer"]>[0][] = [];
  const model: Model = {
    answer: async (request) => {
      const step = script[Math.min(asked.length, script.length - 1)] ?? answer();
      asked.push(request);
      return typeof step === "function" ? step() : step;
    },
  };
  return { model, asked };
}

export function opened(begun: Begun) {
  if (begun.outcome !== "begun") throw new Error(`the turn did not begin: ${begun.outcome}`);
  return begun;
}

export function held(claim: Claim): ClaimedAttempt {
  if (claim.outcome !== "claimed") throw new Error(`nothing was claimed: ${claim.outcome}`);
  return claim.attempt;
}

/** A decision to send; change one thing. */
export const verdict = (change: Partial<Verdict> = {}): Verdict => ({
  decision: "send",
  reason: "confident",
  reply: "We open at nine.",
  confidence: 95,
  threshold: 80,
  intent: "opening hours",
  sentiment: 0.5,
  needs_human_reason: null,
  last_restart: false,
  prompt_version: "test",
  ...change,
});
