import * as z from "zod";
import type { OutgoingMessage, SendOutcome } from "../channel.ts";
import { messageBody } from "./body.ts";
import { compact } from "./compact.ts";
import { classify } from "./errors.ts";
import { type GraphAnswer, type GraphOptions, type MetaCredentials, mask, postMessages } from "./graph.ts";

const text = z.string().min(1).optional().catch(undefined);

const accepted = z.object({
  messages: z.tuple([z.object({ id: z.string().min(1), message_status: text })]).rest(z.unknown()),
  contacts: z
    .array(z.object({ wa_id: text, user_id: text }))
    .optional()
    .catch(undefined),
});

const refused = z.object({
  error: z.object({
    code: z.number(),
    message: text,
    is_transient: z.boolean().optional().catch(undefined),
    error_user_msg: text,
    error_data: z
      .union([z.string(), z.object({ details: text })])
      .optional()
      .catch(undefined),
  }),
});

/** Kept back by Meta until a template's quality is known (F79). */
const HELD = new Set(["held_for_quality_assessment", "paused"]);
const MAX_DETAIL = 500;

/**
 * One provider call for one attempt; never throws.
 *
 * `fetch` does not tell an error before the request left from one after, and Meta has no idempotency key. So whatever
 * leaves room for an accepted message is `unknown`: a network failure, a time-out, a 2xx that names no message, a 5xx or
 * 408 without Meta's own error. Only an error that Meta itself signed with a code, or a refusal that cannot have reached
 * a sender (other 3xx and 4xx), is `failed`.
 */
export async function send(
  message: OutgoingMessage,
  credentials: MetaCredentials,
  options: GraphOptions = {},
): Promise<SendOutcome> {
  const body = messageBody(message);
  if (body === null) return { state: "failed", class: "never", code: "no_recipient", title: "No phone and no user id" };
  return outcomeOf(await postMessages(credentials, body, options), credentials.access_token);
}

function outcomeOf(answer: GraphAnswer, token: string): SendOutcome {
  if (!answer.answered) {
    if (answer.sent) return { state: "unknown", reason: answer.reason };
    return { state: "failed", class: "auth", code: "unusable_token", title: answer.reason };
  }
  const error = refused.safeParse(answer.body);
  if (error.success) return failure(error.data.error, answer, token);
  const { status } = answer;
  if (status >= 200 && status < 300) return acceptance(answer.body, status);
  if (status >= 500 || status === 408) return { state: "unknown", reason: `HTTP ${status} without an error of Meta's` };
  // not Meta's voice, so it says nothing about the token (F85); something in between may let the next one through
  const passing = status < 400 || [401, 403, 407, 425, 429].includes(status);
  return compact({
    state: "failed" as const,
    class: passing ? ("retry" as const) : ("never" as const),
    code: `http_${status}`,
    title: `HTTP ${status} without an error of Meta's`,
    retry_after_ms: answer.retry_after_ms ?? undefined,
  });
}

type Answered = Extract<GraphAnswer, { answered: true }>;

function failure(error: z.infer<typeof refused>["error"], answer: Answered, token: string): SendOutcome {
  const { code, message, is_transient, error_user_msg, error_data } = error;
  const info = classify(code, compact({ http_status: answer.status, is_transient }));
  const details = typeof error_data === "string" ? error_data : error_data?.details;
  const detail = details || error_user_msg || message;
  return compact({
    state: "failed" as const,
    class: info.class,
    code: String(code),
    title: info.title,
    detail: detail === undefined ? undefined : mask(detail, token).slice(0, MAX_DETAIL),
    retry_after_ms: answer.retry_after_ms ?? undefined,
  });
}

function acceptance(body: unknown, status: number): SendOutcome {
  const parsed = accepted.safeParse(body);
  if (!parsed.success) return { state: "unknown", reason: `HTTP ${status} without a message id` };
  const { messages, contacts } = parsed.data;
  const [{ id, message_status }] = messages;
  const { wa_id, user_id } = contacts?.[0] ?? {};
  const contact = compact({ wa_id, bsuid: user_id });
  const named = Object.keys(contact).length > 0;
  return {
    state: "accepted",
    provider_id: id,
    held: HELD.has(message_status ?? ""),
    ...(named && { contact }),
  };
}
