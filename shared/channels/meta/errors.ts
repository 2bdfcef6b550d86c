import type { ErrorClass } from "../channel.ts";

export interface ErrorInfo {
  class: ErrorClass;
  title: string;
}

/** A row for one code or for a range of codes, first and last included. */
type Row = [code: number | [number, number], errorClass: ErrorClass, title: string];

/**
 * Meta's error codes as sends and statuses report them (Meta, "WhatsApp Cloud API error codes", November 2025).
 * Rate limits come with HTTP 400, so only the code tells; an exact code goes before a range.
 *
 * A permission that is missing (3, 10, 200–299, 131005) is `never` rather than `auth`: the token lives, and one odd
 * answer must not shut a channel (F85). 131049 and 130472 say something about this message to this person, nothing about
 * the number: `never`, and a later message is a new decision, a day later at the earliest.
 */
export const ERRORS: readonly Row[] = [
  [0, "auth", "Authentication failed"],
  [190, "auth", "Access token invalid or expired"],

  [3, "never", "Capability or permission missing"],
  [10, "never", "Permission denied"],
  [[200, 299], "never", "Permission missing"],
  [131005, "never", "Access denied"],

  [4, "retry", "App rate limit reached"],
  [80007, "retry", "Account rate limit reached"],
  [130429, "retry", "Throughput of the number reached"],
  [131056, "retry_pair", "Too many messages to this person"],
  [131064, "retry", "Messaging limit reached"],
  [133016, "retry", "Too many registration attempts"],

  [1, "retry", "Unknown API error"],
  [2, "retry", "Service temporarily unavailable"],
  [131000, "retry", "Something went wrong at Meta"],
  [131016, "retry", "Service overloaded"],
  [131057, "retry", "Account in maintenance"],
  [133004, "retry", "Server temporarily unavailable"],

  [368, "stop_channel", "Blocked for policy violations"],
  [130497, "stop_channel", "Business may not write to this country"],
  [131031, "stop_channel", "Account locked"],
  [131042, "stop_channel", "Payment problem"],
  [131048, "stop_channel", "Spam limit of the number reached"],

  [33, "never", "Number does not exist"],
  [100, "never", "Invalid parameter"],
  [131008, "never", "Parameter missing"],
  [131009, "never", "Parameter value not valid"],
  [130472, "never", "Person is part of an experiment"],
  [131049, "never", "Not delivered, to keep the ecosystem healthy"],
  [131050, "never", "Person stopped marketing messages"],
  [131026, "never", "Undeliverable to this person"],
  [131047, "never", "24-hour window is closed"],
  [131021, "never", "Recipient is the sender"],
  [131030, "never", "Recipient is not on the allowed list"],
  [131037, "never", "Display name not approved"],
  [131045, "never", "Number not registered"],
  [131051, "never", "Message type not supported"],
  [131052, "never", "Media could not be downloaded"],
  [131053, "never", "Media could not be uploaded"],
  [131055, "never", "Method not allowed"],
  [131059, "never", "Invalid cursor"],
  [131062, "never", "Business-scoped user id not possible here"],
  [131063, "never", "Marketing templates are off for this API"],
  [132000, "never", "Template parameters do not match in number"],
  [132001, "never", "Template does not exist in this language"],
  [132005, "never", "Template text too long"],
  [132007, "never", "Template breaks a content policy"],
  [132008, "never", "Template parameter mismatch"],
  [132012, "never", "Template parameter format mismatch"],
  [132015, "never", "Template is paused"],
  [132016, "never", "Template is disabled"],
  [132068, "never", "Flow is blocked"],
  [132069, "never", "Flow is throttled"],
  [[132000, 132999], "never", "Template or flow refused"],
  [133010, "never", "Number not registered"],
  [134011, "never", "Payment terms not accepted"],
  [135000, "never", "Message parameters refused"],
  [137000, "never", "Identity key does not match"],
  [[2388000, 2388999], "never", "Template refused"],
];

/** What else an answer says about a code that the table does not know. */
export interface ErrorHints {
  /** HTTP status; 0 for an error that came in a status webhook. */
  http_status?: number;
  is_transient?: boolean;
}

/**
 * How a Meta error is treated (F86). For an unknown code Meta's own `is_transient` decides, then the HTTP status: 401
 * means the credentials, 429 and 5xx mean later, anything else means never.
 */
export function classify(code: number, hints: ErrorHints = {}): ErrorInfo {
  const row = ERRORS.find(([known]) => known === code) ?? ERRORS.find(([known]) => inRange(known, code));
  if (row !== undefined) return { class: row[1], title: row[2] };
  return { class: byHints(hints), title: "Unknown error" };
}

function inRange(range: Row[0], code: number): boolean {
  return Array.isArray(range) && range[0] <= code && code <= range[1];
}

function byHints({ http_status = 0, is_transient }: ErrorHints): ErrorClass {
  if (is_transient === true) return "retry";
  if (http_status === 401) return "auth";
  return http_status === 429 || http_status >= 500 ? "retry" : "never";
}
