import { modelOf, within } from "./gemini/client.ts";
import type { Client } from "./gemini/client.ts";
import { classifyFailure, TIMED_OUT } from "./gemini/failure.ts";
import { errorOf, firstPlan, nextStep } from "./gemini/plan.ts";
import type { Plan, Seen } from "./gemini/plan.ts";
import { buildRequest } from "./gemini/request.ts";
import { addUsage, NO_USAGE, readResponse } from "./gemini/response.ts";
import type { Model, ModelRequest, ModelResult } from "./model.ts";
import { resolveModel } from "./models.ts";

export interface GeminiOptions extends Client {
  /** Unix milliseconds. */
  now: () => number;
  /** 0 ≤ x < 1, for the spread of retries. */
  random: () => number;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Google's Gemini behind our `Model`. One question may take several calls (another model after a 404, more room after a
 * cut, one repair, one retry); `timeout_ms` bounds them together, and the usage of all of them is summed. What a call
 * that failed or was given up cost is not known and not in the sum.
 */
export function createGemini(options: GeminiOptions): Model {
  return { answer: (request) => ask(request, options) };
}

async function ask(request: ModelRequest, options: GeminiOptions): Promise<ModelResult> {
  const started = options.now();
  const remaining = () => request.timeout_ms - (options.now() - started);
  const { model, chain } = resolveModel(request.model, new Date(started));
  let plan = firstPlan([model, ...chain.slice(1)]);
  let served_model = model;
  let usage = NO_USAGE;

  for (let calls = 1; ; calls++) {
    const seen = await call(request, plan, remaining(), options);
    if ("response" in seen) {
      served_model = seen.response.served_model ?? plan.chain[0];
      usage = addUsage(usage, seen.response.tokens, served_model, new Date(options.now()));
    } else {
      served_model = plan.chain[0];
    }
    const step = nextStep(plan, seen, { remaining_ms: remaining(), random: options.random });
    if ("stop" in step || remaining() <= 0) {
      const verdict = "stop" in step ? step.stop : errorOf(TIMED_OUT);
      return {
        ...verdict,
        requested_model: request.model,
        served_model,
        usage,
        latency_ms: options.now() - started,
        calls,
      };
    }
    plan = step.ask;
    if (plan.wait_ms > 0) await options.sleep(plan.wait_ms);
  }
}

async function call(request: ModelRequest, plan: Plan, timeoutMs: number, options: GeminiOptions): Promise<Seen> {
  const [model] = plan.chain;
  try {
    const { response } = await within(timeoutMs, (signal) =>
      modelOf(options, model).generateContent(buildRequest(request, { ...plan, model }), { signal }),
    );
    return { response: readResponse(response) };
  } catch (error) {
    return { failure: classifyFailure(error, options.api_key) };
  }
}
