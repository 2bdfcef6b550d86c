import * as z from "zod";
import { jsonIn } from "../../http/json-in.ts";
import { E164 } from "../../phone/e164.ts";
import type { OutgoingContent, OutgoingMessage, SendOutcome } from "../channel.ts";
import { classify } from "./errors.ts";
import { ATTEMPT_PARAMETER } from "./statuses.ts";

export interface TwilioCredentials {
  account_sid: string;
  auth_token: string;
  /** Our number, E.164 or a short code. */
  from: string;
  /** Where statuses go, without the attempt; none are asked for when left out. */
  status_url?: string | undefined;
}

export interface TwilioOptions {
  fetch?: typeof fetch;
  /** Base URL with version. */
  api_url?: string;
  /** Milliseconds for the whole call, answer included. */
  timeout_ms?: number;
}

const DEFAULT_URL = "https://api.twilio.com/2010-04-01";
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_DETAIL = 500;

const accepted = z.object({ sid: z.string().min(1) });
const refused = z.object({ code: z.number(), message: z.string().optional().catch(undefined) });

/**
 * One provider call for one attempt, `POST /Accounts/{AC}/Messages.json`; never throws and never follows a redirect with
 * the token.
 *
 * Twilio has no idempotency key, so whatever leaves room for an accepted message is `unknown`: a network failure, a 2xx
 * that names no message, a 5xx or 408 (F69).
 */
export async function send(
  message: OutgoingMessage,
  credentials: TwilioCredentials,
  options: TwilioOptions = {},
): Promise<SendOutcome> {
  const { account_sid, auth_token } = credentials;
  const form = formOf(message, credentials);
  if (typeof form === "string") return failed("never", "not_possible", `Twilio cannot send this: ${form}`);
  // a token outside these characters would make `fetch` throw an error that quotes it
  if (!/^[\x21-\x7e]+$/.test(auth_token)) return failed("auth", "unusable_token", "The auth token is unusable.");
  const { api_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS } = options;
  const call = options.fetch ?? fetch;
  try {
    const response = await call(`${api_url}/Accounts/${encodeURIComponent(account_sid)}/Messages.json`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${account_sid}:${auth_token}`)}` },
      body: form,
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    });
    return outcomeOf(response.status, await jsonIn(response, MAX_ANSWER_BYTES), auth_token);
  } catch (error) {
    const late = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
    return { state: "unknown", reason: late ? "no answer in time" : "network error" };
  }
}

function formOf(message: OutgoingMessage, { from, status_url }: TwilioCredentials): URLSearchParams | string {
  const to = message.to.phone;
  if (!to || !E164.test(to)) return "the recipient has no phone number";
  const content = contentOf(message.content);
  if (typeof content === "string") return content;
  const form = new URLSearchParams({ To: to, From: from, ...content });
  if (status_url !== undefined) form.set("StatusCallback", `${status_url}?${ATTEMPT_PARAMETER}=${message.attempt_id}`);
  return form;
}

function contentOf(content: OutgoingContent): Record<string, string> | string {
  switch (content.type) {
    case "text":
      return { Body: content.text };
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      if (content.link === undefined) return "media without a link";
      return { MediaUrl: content.link, ...(content.caption !== undefined && { Body: content.caption }) };
    case "template":
    case "interactive":
    case "reaction":
      return `${content.type} over SMS`;
  }
}

function outcomeOf(status: number, body: unknown, token: string): SendOutcome {
  if (status >= 200 && status < 300) {
    const parsed = accepted.safeParse(body);
    if (!parsed.success) return { state: "unknown", reason: `HTTP ${status} without a message id` };
    return { state: "accepted", provider_id: parsed.data.sid, held: false };
  }
  if (status >= 500 || status === 408) return { state: "unknown", reason: `HTTP ${status}` };
  const error = refused.safeParse(body).data;
  if (error === undefined) {
    // not Twilio's voice, so it says nothing about the token (F85); something in between may let the next one through
    const passing = status < 400 || [401, 403, 407, 425, 429].includes(status);
    return failed(passing ? "retry" : "never", `http_${status}`, `HTTP ${status} without an error of Twilio's`);
  }
  const info = classify(error.code, status);
  const detail = error.message?.replaceAll(token, "[token]").slice(0, MAX_DETAIL);
  return { ...failed(info.class, String(error.code), info.title), ...(detail && { detail }) };
}

type Failed = Extract<SendOutcome, { state: "failed" }>;

const failed = (kind: Failed["class"], code: string, title: string): Failed => ({
  state: "failed",
  class: kind,
  code,
  title,
});
