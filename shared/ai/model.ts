/** One question to a language model, whichever vendor stands behind it. */
export interface Model {
  /** Never throws: every way in which a model can fail is a result that the turn must decide on (F51–F54). */
  answer(request: ModelRequest): Promise<ModelResult>;
}

export interface ModelRequest {
  /** The model's name as the business set it; resolved through the alias table (F64). */
  model: string;
  system: string;
  /** Oldest first; the last is the customer's. */
  turns: { role: "customer" | "business"; text: string }[];
  /** 0–1 as in `businesses.ai_temperature`. */
  temperature: number;
  max_output_tokens: number;
  /** Milliseconds until the call is given up. */
  timeout_ms: number;
}

/** What the model must return, checked by `answerSchema`. */
export interface Answer {
  /** What to say to the customer; empty when `action` is not `reply`. */
  reply: string;
  action: "reply" | "none" | "handoff";
  /** 0–100. */
  confidence: number;
  /** What the reply rests on: everything in it stands in what the model was given, it claims nothing, or it was inferred. */
  grounding: "given" | "no_claim" | "inferred";
  intent: string | null;
  /** −1…1. */
  sentiment: number | null;
  /** BCP 47 tag. */
  language: string | null;
  needs_human: boolean;
  needs_human_reason: string | null;
}

export interface Usage {
  prompt_tokens: number;
  /** Includes thinking, which is billed as output (F165). */
  output_tokens: number;
  thinking_tokens: number;
  cached_tokens: number;
  /** US dollars ×10⁻⁶, from the price table at the time of the call. */
  cost_micro_usd: number;
}

/** One call's bookkeeping, present whatever came of it. */
export interface ModelCall {
  requested_model: string;
  /** As the vendor reported it; the resolved name when it reported none. */
  served_model: string;
  usage: Usage;
  latency_ms: number;
  /** How many HTTP calls it took, repair and retries included. */
  calls: number;
}

export type ModelResult =
  | ({ outcome: "answer"; answer: Answer } & ModelCall)
  /** The model answered, but not usably: cut off, blocked, or not in the form asked for, after one repair. `text` is what could be read. */
  | ({
      outcome: "unusable";
      reason: "cut" | "blocked" | "malformed" | "empty";
      finish_reason: string | null;
      text: string | null;
    } & ModelCall)
  /** The vendor failed. `retry` says whether the same question may succeed later. */
  | ({
      outcome: "error";
      retry: boolean;
      retry_after_ms: number | null;
      status: number | null;
      code: string;
      message: string;
    } & ModelCall);
