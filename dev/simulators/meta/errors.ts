import { randomBytes } from "node:crypto";
import { json } from "../server/http.ts";
import type { Reply } from "../server/http.ts";

interface MetaError {
  /** HTTP status; rate limits come as 400, never 429. */
  status: number;
  title: string;
  transient?: true;
}

/** Meta's error codes with the HTTP status that each comes with (Cloud API, "Error codes"). */
const ERRORS: Record<number, MetaError> = {
  0: { status: 401, title: "AuthException" },
  1: { status: 400, title: "API Unknown", transient: true },
  2: { status: 503, title: "API Service", transient: true },
  3: { status: 500, title: "API Method" },
  4: { status: 400, title: "API Too Many Calls", transient: true },
  10: { status: 403, title: "Permission Denied" },
  33: { status: 400, title: "Parameter value is not valid" },
  100: { status: 400, title: "Invalid parameter" },
  190: { status: 401, title: "Access token has expired" },
  200: { status: 403, title: "API Permission" },
  368: { status: 403, title: "Temporarily blocked for policies violations" },
  80007: { status: 400, title: "Rate limit issues", transient: true },
  130429: { status: 400, title: "Rate limit hit", transient: true },
  130472: { status: 400, title: "User's number is part of an experiment" },
  130497: { status: 403, title: "Business account is restricted from messaging users in this country" },
  131000: { status: 500, title: "Something went wrong", transient: true },
  131005: { status: 403, title: "Access denied" },
  131008: { status: 400, title: "Required parameter is missing" },
  131009: { status: 400, title: "Parameter value is not valid" },
  131016: { status: 500, title: "Service unavailable", transient: true },
  131021: { status: 400, title: "Recipient cannot be sender" },
  131026: { status: 400, title: "Message undeliverable" },
  131030: { status: 400, title: "Recipient phone number not in allowed list" },
  131031: { status: 403, title: "Account has been locked" },
  131037: { status: 400, title: "Display name approval is needed" },
  131042: { status: 400, title: "Business eligibility payment issue" },
  131045: { status: 500, title: "Incorrect certificate" },
  131047: { status: 400, title: "Re-engagement message" },
  131048: { status: 400, title: "Spam rate limit hit" },
  131049: { status: 400, title: "Message not delivered to maintain healthy ecosystem engagement" },
  131050: { status: 400, title: "User has stopped receiving marketing messages" },
  131051: { status: 400, title: "Unsupported message type" },
  131052: { status: 400, title: "Media download error" },
  131053: { status: 400, title: "Media upload error" },
  131056: { status: 400, title: "Pair rate limit hit", transient: true },
  131057: { status: 500, title: "Account in maintenance mode", transient: true },
  131059: { status: 400, title: "Cursor is not valid" },
  131062: { status: 400, title: "Business-scoped user id is not supported" },
  131063: { status: 400, title: "Marketing templates are not supported" },
  131064: { status: 400, title: "Messaging limit reached" },
  132000: { status: 400, title: "Template param count mismatch" },
  132001: { status: 404, title: "Template does not exist" },
  132005: { status: 400, title: "Template hydrated text too long" },
  132007: { status: 400, title: "Template format character policy violated" },
  132012: { status: 400, title: "Template parameter format mismatch" },
  132015: { status: 400, title: "Template is paused" },
  132016: { status: 400, title: "Template is disabled" },
  133004: { status: 503, title: "Server temporarily unavailable", transient: true },
  133010: { status: 400, title: "Phone number not registered" },
  133016: { status: 400, title: "Account register deregister rate limit exceeded" },
  135000: { status: 400, title: "Generic user error" },
};

/** An error answer as Graph writes it. `subcode` only where Meta still gives one. */
export function metaError(code: number, details?: string, subcode?: number): Reply {
  const known = ERRORS[code] ?? { status: 400, title: "Generic error" };
  return json(known.status, {
    error: {
      message: `(#${code}) ${known.title}`,
      type: "OAuthException",
      code,
      ...(subcode !== undefined && { error_subcode: subcode }),
      ...(known.transient && { is_transient: true }),
      error_data: { messaging_product: "whatsapp", details: details ?? known.title },
      fbtrace_id: randomBytes(8).toString("base64url"),
    },
  });
}

/** The same error as it comes later, in `statuses[].errors`. */
export function statusError(code: number): Record<string, unknown> {
  const title = ERRORS[code]?.title ?? "Generic error";
  return {
    code,
    title,
    message: title,
    error_data: { details: `${title}.` },
    href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
  };
}
