import { parseAnswer } from "../answer.ts";
import type { ModelCall, ModelResult } from "../model.ts";
import type { Failure } from "./failure.ts";
import type { CallOptions } from "./request.ts";
import type { GeminiResponse } from "./response.ts";

/** The next call to make. Each remedy is used once at most, so a question takes a bounded number of calls. */
export interface Plan extends Omit<CallOptions, "model"> {
  /** Models left to try; the first is asked. */
  chain: [string, ...string[]];
  /** The one retry after a failure has been made. */
  retried: boolean;
  /** Milliseconds to wait before the call. */
  wait_ms: number;
}

export type Seen = { response: GeminiResponse } | { failure: Failure };

/** A result without its bookkeeping. */
export type Verdict = ModelResult extends infer R ? (R extends ModelCall ? Omit<R, keyof ModelCall> : never) : never;

export type Step = { ask: Plan } | { stop: Verdict };

interface Limits {
  /** Milliseconds left for the whole question. */
  remaining_ms: number;
  /** 0 ≤ x < 1 */
  random: () => number;
}

/** Values of `finishReason` by which the vendor withholds an answer. */
const REFUSALS = new Set([
  "SAFETY",
  "PROHIBITED_CONTENT",
  "RECITATION",
  "BLOCKLIST",
  "SPII",
  "LANGUAGE",
  "IMAGE_SAFETY",
]);
const LONGEST_WAIT_MS = 2_000;
const SHORTEST_WAIT_MS = 200;

export function firstPlan(chain: [string, ...string[]]): Plan {
  return { chain, widened: false, bare: false, repair: null, retried: false, wait_ms: 0 };
}

/** What to do about one call's outcome: ask again in another way, or stop with a result. */
export function nextStep(plan: Plan, seen: Seen, limits: Limits): Step {
  return "failure" in seen ? afterFailure(plan, seen.failure, limits) : afterResponse(plan, seen.response);
}

function afterFailure(plan: Plan, failure: Failure, { remaining_ms, random }: Limits): Step {
  const [, next, ...rest] = plan.chain;
  if (failure.status === 404 && next !== undefined) return { ask: { ...plan, chain: [next, ...rest], wait_ms: 0 } };
  if (refusesParameter(failure) && !plan.bare) return { ask: { ...plan, bare: true, wait_ms: 0 } };
  const wait_ms = failure.retry_after_ms ?? Math.round(SHORTEST_WAIT_MS * (1 + 2 * random()));
  if (failure.transient && !plan.retried && wait_ms <= LONGEST_WAIT_MS && wait_ms < remaining_ms) {
    return { ask: { ...plan, retried: true, wait_ms } };
  }
  return { stop: errorOf(failure) };
}

/** Only a finished answer in the right form is one: `finishReason` must be STOP (F53), the JSON whole and valid (F54). */
function afterResponse(plan: Plan, { text, finish_reason, block_reason }: GeminiResponse): Step {
  const unusable = (reason: "cut" | "blocked" | "malformed" | "empty", readable: string | null): Step => ({
    stop: { outcome: "unusable", reason, finish_reason: finish_reason ?? block_reason, text: readable },
  });
  if (block_reason !== null || (finish_reason !== null && REFUSALS.has(finish_reason)))
    return unusable("blocked", null);

  const empty = text.trim() === "";
  const cut = finish_reason === "MAX_TOKENS";
  if (!plan.widened && (cut || (empty && finish_reason === "STOP")))
    return { ask: { ...plan, widened: true, wait_ms: 0 } };
  if (empty) return unusable(cut ? "cut" : "empty", null);

  const parsed = parseAnswer(text);
  if (finish_reason !== "STOP") return unusable("cut", parsed.ok ? parsed.answer.reply || null : parsed.reply);
  if (parsed.ok) return { stop: { outcome: "answer", answer: parsed.answer } };
  if (plan.repair) return unusable("malformed", parsed.reply);
  return { ask: { ...plan, repair: { text, problem: parsed.problem }, wait_ms: 0 } };
}

/** The verdict on a failure that nothing more is done about. */
export function errorOf({ retry, retry_after_ms, status, code, message }: Failure): Verdict {
  return { outcome: "error", retry, retry_after_ms, status, code, message };
}

/** A name may be redirected to a model with other parameters before our table knows (F65). */
function refusesParameter({ status, code, message }: Failure): boolean {
  return status === 400 && code === "INVALID_ARGUMENT" && /thinking|temperature/i.test(message);
}
