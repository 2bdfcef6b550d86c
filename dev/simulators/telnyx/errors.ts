import { json } from "../server/http.ts";
import type { Reply } from "../server/http.ts";

const ERRORS: Record<string, [status: number, title: string, detail: string]> = {
  "10009": [401, "Authentication failed", "No valid API key was given."],
  "10010": [403, "Authorization failed", "You are not permitted to perform the requested action."],
  "10011": [429, "Too many requests", "You have exceeded the maximum number of allowed requests."],
  "10005": [404, "Resource not found", "The requested resource or URL could not be found."],
  "10004": [400, "Missing required parameter", "A required parameter was missing."],
  "40001": [400, "Not routable", "The number cannot receive messages."],
  "40002": [400, "Blocked as spam", "The message was flagged by a spam filter."],
  "40008": [400, "Undeliverable", "The recipient's carrier did not accept the message."],
  "40300": [403, "Blocked due to STOP message", "Messages cannot be sent from this number to a person who sent STOP."],
  "40305": [400, "Invalid 'from' address", "The number is on no messaging profile of this account."],
  "40310": [400, "Invalid 'to' address", "The recipient is not a number in E.164 format."],
  "40318": [429, "Message queue is full", "Too many messages wait for this number."],
  "40333": [403, "Spend limit reached", "The messaging profile has reached its spending limit."],
  "90018": [422, "Call has already ended", "This call is no longer active and can't receive commands."],
  "10015": [400, "Bad Request", "The request failed because it was not well-formed."],
};

/** Telnyx's error body by its code, which is a string. A fault names the code. */
export function telnyxError(code: string, detail?: string, pointer?: string): Reply {
  const [status, title, usual] = ERRORS[code] ?? [500, "Unexpected error", "An unexpected error occurred."];
  return json(status, {
    errors: [
      {
        code,
        title,
        detail: detail ?? usual,
        ...(pointer && { source: { pointer } }),
        meta: { url: `https://developers.telnyx.com/docs/overview/errors/${code}` },
      },
    ],
  });
}

/** What Telnyx calls an error, by its code. */
export function titleOf(code: string): string {
  return ERRORS[code]?.[1] ?? "Unexpected error";
}
