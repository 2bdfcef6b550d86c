import type { StatusEvent } from "../events.ts";
import { ERRORS } from "./errors.ts";
import { contactOf } from "./normalise.ts";
import type { Parameters } from "./normalise.ts";

/** The parameter in the address of our status callbacks that names the attempt: the message is known again by it (F69). */
export const ATTEMPT_PARAMETER = "attempt";

const STATUSES: Record<string, StatusEvent["status"]> = {
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed",
  undelivered: "failed",
  canceled: "failed",
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A status callback. They come in any order and more than once, so nothing is inferred here (F76, F77). */
export function statusEvent(given: Parameters, account: string, sid: string, status: string, at: number): StatusEvent {
  const attempt = given[ATTEMPT_PARAMETER];
  const contact = contactOf(given["To"] ?? "");
  const failed = STATUSES[status] === "failed";
  return {
    kind: "status",
    account,
    raw: given,
    provider_id: sid,
    status: Object.hasOwn(STATUSES, status) ? (STATUSES[status] ?? "other") : "other",
    at,
    ...(attempt !== undefined && UUID.test(attempt) && { attempt_id: attempt.toLowerCase() }),
    ...(contact && { contact }),
    ...(failed && { error: errorOf(given, status) }),
  };
}

function errorOf({ ErrorCode, ErrorMessage }: Parameters, status: string): NonNullable<StatusEvent["error"]> {
  const title = ERRORS.get(Number(ErrorCode))?.title ?? ErrorMessage;
  return { code: ErrorCode || status, ...(title && { title }), ...(ErrorMessage && { message: ErrorMessage }) };
}
