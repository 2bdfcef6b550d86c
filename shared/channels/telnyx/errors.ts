import type { ErrorClass } from "../channel.ts";

export interface ErrorInfo {
  class: ErrorClass;
  title: string;
}

/**
 * Telnyx's error codes as sends and `message.finalized` report them (Telnyx, "API error codes" and "Messaging error
 * codes"). Its pages contradict each other about some of the 40xxx codes, so Telnyx's own title is what people are
 * shown; the class alone is ours. A missing permission (10010) is `never`: the key lives (F85).
 */
export const ERRORS: ReadonlyMap<string, ErrorInfo> = new Map<string, ErrorInfo>([
  ["10001", { class: "never", title: "Inactive phone number" }],
  ["10002", { class: "never", title: "Invalid phone number" }],
  ["10003", { class: "never", title: "Invalid address of a file or webhook" }],
  ["10004", { class: "never", title: "Parameter missing" }],
  ["10005", { class: "never", title: "Resource not found" }],
  ["10009", { class: "auth", title: "Authentication failed" }],
  ["10010", { class: "never", title: "Permission missing" }],
  ["10011", { class: "retry", title: "Too many requests" }],
  ["10015", { class: "never", title: "Bad request" }],
  ["10016", { class: "never", title: "Number is not in E.164 format" }],

  ["40001", { class: "never", title: "Number cannot receive messages" }],
  ["40002", { class: "never", title: "Blocked as spam" }],
  ["40003", { class: "stop_channel", title: "Sending number blocked by a carrier" }],
  ["40004", { class: "never", title: "Rejected by the recipient's carrier" }],
  ["40005", { class: "never", title: "Expired before delivery" }],
  ["40006", { class: "retry", title: "Recipient's carrier is away" }],
  ["40008", { class: "never", title: "Undeliverable" }],
  ["40009", { class: "never", title: "Content refused" }],
  ["40010", { class: "never", title: "Sending number not registered for this carrier" }],
  ["40011", { class: "retry", title: "Too fast for the carrier" }],

  ["40300", { class: "never", title: "Person has sent STOP" }],
  ["40301", { class: "never", title: "Message type not supported here" }],
  ["40305", { class: "stop_channel", title: "Sending number is on no messaging profile" }],
  ["40309", { class: "never", title: "Destination not allowed by the messaging profile" }],
  ["40310", { class: "never", title: "Recipient's number is not valid" }],
  ["40318", { class: "retry", title: "Sending queue is full" }],
  ["40333", { class: "stop_channel", title: "Spending limit reached" }],
]);

/**
 * How a Telnyx error is treated (F86). Of an unknown code the HTTP status decides: 401 means the key, 402 the account's
 * money, 429 later, anything else never.
 *
 * @param http_status 0 for an error that came in a webhook
 */
export function classify(code: string, http_status = 0): ErrorInfo {
  return ERRORS.get(code) ?? { class: byStatus(http_status), title: "Unknown error" };
}

function byStatus(http_status: number): ErrorClass {
  if (http_status === 401) return "auth";
  if (http_status === 402) return "stop_channel";
  return http_status === 429 ? "retry" : "never";
}
