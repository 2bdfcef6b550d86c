import * as z from "zod";
import type { OutgoingMessage, SendOutcome } from "../channel.ts";
import { mask, post } from "./api.ts";
import type { TelnyxAnswer, TelnyxOptions } from "./api.ts";
import { messageBody } from "./body.ts";
import type { Sender } from "./body.ts";
import { classify, ERRORS } from "./errors.ts";

export interface TelnyxCredentials extends Sender {
  api_key: string;
}

const text = z.string().min(1).optional().catch(undefined);
const accepted = z.object({ data: z.object({ id: z.string().min(1) }) });
const refusal = z.object({ code: z.union([z.string(), z.number()]).transform(String), title: text, detail: text });
const refused = z.object({ errors: z.tuple([refusal]).rest(z.unknown()) });

const MAX_DETAIL = 500;

/**
 * One provider call for one attempt; never throws.
 *
 * Telnyx has no idempotency key, so whatever leaves room for an accepted message is `unknown`: a network failure, a 2xx
 * that names no message, a 5xx or 408 without a code that we know to be a refusal.
 */
export async function send(
  message: OutgoingMessage,
  credentials: TelnyxCredentials,
  options: TelnyxOptions = {},
): Promise<SendOutcome> {
  const body = messageBody(message, credentials);
  if (typeof body === "string") {
    return { state: "failed", class: "never", code: "not_possible", title: `Telnyx cannot send this: ${body}` };
  }
  return outcomeOf(await post("/messages", body, credentials.api_key, options), credentials.api_key);
}

function outcomeOf(answer: TelnyxAnswer, api_key: string): SendOutcome {
  if (!answer.answered) {
    if (answer.sent) return { state: "unknown", reason: answer.reason };
    return { state: "failed", class: "auth", code: "unusable_key", title: answer.reason };
  }
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    const parsed = accepted.safeParse(body);
    if (!parsed.success) return { state: "unknown", reason: `HTTP ${status} without a message id` };
    return { state: "accepted", provider_id: parsed.data.data.id, held: false };
  }
  const error = refused.safeParse(body).data?.errors[0];
  const mayHaveGone = status >= 500 || status === 408;
  if (mayHaveGone && (error === undefined || !ERRORS.has(error.code))) {
    return { state: "unknown", reason: `HTTP ${status} without a refusal of Telnyx's` };
  }
  return error === undefined ? foreign(answer) : failure(error, answer, api_key);
}

type Answered = Extract<TelnyxAnswer, { answered: true }>;

function failure(error: z.infer<typeof refusal>, answer: Answered, api_key: string): SendOutcome {
  const info = classify(error.code, answer.status);
  return {
    state: "failed",
    class: info.class,
    code: error.code,
    title: info.title,
    ...detailOf(error, api_key),
    ...(answer.retry_after_ms !== null && { retry_after_ms: answer.retry_after_ms }),
  };
}

function detailOf({ title, detail }: z.infer<typeof refusal>, api_key: string): { detail?: string } {
  const told = [title, detail].filter((part) => part !== undefined).join(": ");
  return told === "" ? {} : { detail: mask(told, api_key).slice(0, MAX_DETAIL) };
}

/** Not Telnyx's voice, so it says nothing about the key (F85); something in between may let the next one through. */
function foreign({ status, retry_after_ms }: Answered): SendOutcome {
  const passing = status < 400 || [401, 403, 407, 425, 429].includes(status);
  return {
    state: "failed",
    class: passing ? "retry" : "never",
    code: `http_${status}`,
    title: `HTTP ${status} without an error of Telnyx's`,
    ...(retry_after_ms !== null && { retry_after_ms }),
  };
}
