import type { ContactRef } from "../events.ts";
import { contactOf } from "./contact.ts";
import { contentOf } from "./content.ts";
import { type Message, message } from "./payload.ts";
import { type Place, type ReadEvent, malformed, reasonOf } from "./place.ts";
import { systemEvent } from "./system.ts";

/** From whose side a message is read. */
export interface Side {
  origin: "live" | "phone" | "history";
  direction: "inbound" | "outbound";
  contact: ContactRef | null;
}

/**
 * One element of `messages[]`, written by a customer now. Lines written in a group wake nobody: an answer would go to
 * the writer alone.
 */
export function inboundMessage(item: Record<string, unknown>, place: Place, alone: boolean): ReadEvent {
  return parseMessage(item, place, (parsed) => {
    const contact = senderOf(parsed, place, alone);
    if (parsed.type === "system") return systemEvent(parsed, item, place, contact);
    return messageEvent(parsed, item, place, { origin: "live", direction: "inbound", contact });
  });
}

export function parseMessage(item: unknown, place: Place, then: (parsed: Message) => ReadEvent): ReadEvent {
  const parsed = message.safeParse(item);
  return parsed.success ? then(parsed.data) : malformed(item, reasonOf(parsed.error), place.account);
}

export function senderOf(parsed: Message, place: Place, alone: boolean): ContactRef | null {
  const { from, from_user_id, from_parent_user_id } = parsed;
  return contactOf({ phone: from, bsuid: from_user_id, parent_bsuid: from_parent_user_id }, place, alone);
}

/** A message, an edit or a revocation, whichever the item is (F13, F15). */
export function messageEvent(parsed: Message, raw: unknown, place: Place, side: Side): ReadEvent {
  const { contact, origin, direction } = side;
  if (contact === null) return malformed(raw, "nobody is named", place.account);
  const common = { account: place.account, raw, provider_id: parsed.id, contact, at: parsed.timestamp };
  if (parsed.type === "revoke") {
    const target = parsed.revoke?.original_message_id;
    if (target === undefined) return malformed(raw, "revoke.original_message_id is missing", place.account);
    return { kind: "revoke", ...common, target };
  }
  if (parsed.type === "edit") {
    if (parsed.edit === undefined) return malformed(raw, "edit is incomplete", place.account);
    const { type, content, media } = contentOf(parsed.edit.message);
    const target = parsed.edit.original_message_id;
    return { kind: "edit", ...common, target, type, content, ...(media && { media }) };
  }
  const content = contentOf(parsed);
  const wakes = content.wakes && origin === "live" && parsed.group_id === undefined;
  return { kind: "message", ...common, origin, direction, ...content, wakes };
}
