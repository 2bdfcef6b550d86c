import type { StatusEvent } from "../events.ts";
import { compact } from "./compact.ts";
import { contactOf } from "./contact.ts";
import { itemError, status } from "./payload.ts";
import { type Place, type ReadEvent, accountEvent, malformed, reasonOf } from "./place.ts";

const STATUSES: Record<string, StatusEvent["status"]> = {
  sent: "sent",
  delivered: "delivered",
  read: "read",
  played: "played",
  failed: "failed",
  held_for_quality_assessment: "held",
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * One element of `statuses[]`. Order and completeness are not promised by Meta, so nothing is inferred here (F76, F77).
 * Statuses of calls share the array and are no message's.
 */
export function statusEvent(item: Record<string, unknown>, place: Place, alone: boolean): ReadEvent {
  if (item["type"] === "call") return accountEvent(place, "calls", item);
  const parsed = status.safeParse(item);
  if (!parsed.success) return malformed(item, reasonOf(parsed.error), place.account);
  const { data } = parsed;
  // our attempt's id comes back here; another app of the same account may put anything there
  const attempt = data.biz_opaque_callback_data;
  return compact({
    kind: "status" as const,
    account: place.account,
    raw: item,
    provider_id: data.id,
    status: Object.hasOwn(STATUSES, data.status) ? (STATUSES[data.status] ?? "other") : "other",
    at: data.timestamp,
    attempt_id: attempt !== undefined && UUID.test(attempt) ? attempt.toLowerCase() : undefined,
    contact: data.recipient_type === "group" ? undefined : recipient(data, place, alone),
    error: errorOf(data.errors),
    pricing: data.pricing,
  });
}

type Status = NonNullable<ReturnType<typeof status.safeParse>["data"]>;

function recipient(data: Status, place: Place, alone: boolean) {
  const names = {
    phone: data.recipient_id,
    bsuid: data.recipient_user_id,
    parent_bsuid: data.recipient_parent_user_id,
  };
  return contactOf(names, place, alone) ?? undefined;
}

function errorOf(errors: unknown[] | undefined): StatusEvent["error"] {
  const error = itemError.safeParse(errors?.[0]).data;
  if (error === undefined) return undefined;
  const { code, title, message, error_data } = error;
  return compact({ code, title, message, details: error_data?.details });
}
