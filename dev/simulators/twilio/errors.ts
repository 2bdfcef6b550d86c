import { json } from "../server/http.ts";
import type { Reply } from "../server/http.ts";

const ERRORS: Record<number, [status: number, message: string]> = {
  20003: [401, "Authenticate"],
  20005: [403, "Account not active"],
  20404: [404, "The requested resource was not found"],
  20429: [429, "Too Many Requests"],
  20500: [500, "Internal Server Error"],
  21211: [400, "Invalid 'To' Phone Number"],
  21408: [400, "Permission to send an SMS has not been enabled for the region of the 'To' number"],
  21602: [400, "Message body is required."],
  21606: [400, "The 'From' phone number provided is not a valid message-capable Twilio phone number for this account."],
  21610: [400, "Attempt to send to unsubscribed recipient"],
  21611: [429, "This 'From' number has exceeded the maximum number of queued messages"],
  21617: [400, "The concatenated message body exceeds the 1600 character limit."],
  21619: [400, "A text message body or media urls must be specified."],
  21620: [400, "Invalid media URL(s)"],
  21660: [400, "Mismatch between the 'From' number and the account"],
};

/** Twilio's error body by its code. A fault names the code. */
export function twilioError(code: number, message?: string): Reply {
  const [status, usual] = ERRORS[code] ?? [400, "Unknown error"];
  return json(status, {
    code,
    message: message ?? usual,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  });
}
