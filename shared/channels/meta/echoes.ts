import type { ContactRef } from "../events.ts";
import { contactOf } from "./contact.ts";
import { messageEvent, parseMessage } from "./messages.ts";
import type { Message } from "./payload.ts";
import type { Place, ReadEvent } from "./place.ts";

/** One element of `message_echoes[]`: what the business itself wrote, on its own phone (F20). */
export function echoEvent(item: Record<string, unknown>, place: Place, alone: boolean): ReadEvent {
  return parseMessage(item, place, (parsed) =>
    messageEvent(parsed, item, place, {
      origin: "phone",
      direction: "outbound",
      contact: recipientOf(parsed, place, alone),
    }),
  );
}

export function recipientOf(parsed: Message, place: Place, alone: boolean): ContactRef | null {
  const { to, to_user_id, to_parent_user_id } = parsed;
  return contactOf({ phone: to, bsuid: to_user_id, parent_bsuid: to_parent_user_id }, place, alone);
}
