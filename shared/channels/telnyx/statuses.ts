import type { ProviderEvent, StatusEvent } from "../events.ts";
import type { Item } from "./messages.ts";
import { itemError } from "./payload.ts";
import type { Payload } from "./payload.ts";
import { contactOf, phoneOf } from "./phone.ts";

/**
 * `to[].status` in our words. There is no event for delivery: the final state is in `message.finalized`.
 * `delivery_unconfirmed` means that the carrier said nothing, which is no failure.
 */
const STATUSES: Record<string, StatusEvent["status"]> = {
  sent: "sent",
  delivered: "delivered",
  delivery_unconfirmed: "sent",
  sending_failed: "failed",
  delivery_failed: "failed",
  expired: "failed",
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What became of a message of ours. Order is not promised, so nothing is inferred from what came before (F76). */
export function statusEvent({ type, at, payload, raw }: Item): ProviderEvent {
  const account = phoneOf(payload.from);
  if (account === null) return { kind: "malformed", account, raw, reason: "payload.from is not a number" };
  const contact = contactOf(payload.to[0]);
  const error = errorOf(payload);
  const attempt_id = attemptOf(payload);
  return {
    kind: "status",
    account,
    raw,
    provider_id: payload.id,
    status: statusOf(type, payload.to[0]?.status),
    at,
    ...(attempt_id !== undefined && { attempt_id }),
    ...(contact !== null && { contact }),
    ...(error !== undefined && { error }),
    ...(payload.cost !== undefined && { pricing: payload.cost }),
  };
}

function statusOf(type: string, status: string | undefined): StatusEvent["status"] {
  if (type === "message.read") return "read";
  if (status !== undefined && Object.hasOwn(STATUSES, status)) return STATUSES[status] ?? "other";
  return type === "message.sent" ? "sent" : "other";
}

/** Our attempt's id, which we put into the address that the message's own webhooks go to. */
function attemptOf({ webhook_url }: Payload): string | undefined {
  const attempt = webhook_url === undefined ? null : URL.parse(webhook_url)?.searchParams.get(ATTEMPT_PARAMETER);
  return attempt && UUID.test(attempt) ? attempt.toLowerCase() : undefined;
}

/** Name of the query parameter that carries a send attempt's id. */
export const ATTEMPT_PARAMETER = "attempt";

function errorOf({ errors }: Payload): StatusEvent["error"] {
  const error = itemError.safeParse(errors?.[0]).data;
  if (error === undefined) return undefined;
  const { code, title, detail } = error;
  return { code, ...(title !== undefined && { title }), ...(detail !== undefined && { details: detail }) };
}
