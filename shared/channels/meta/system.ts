import type { ContactRef } from "../events.ts";
import { limitText } from "../../text/limit.ts";
import { NOBODY, contactOf } from "./contact.ts";
import { type Message, userIdUpdate } from "./payload.ts";
import { type Place, type ReadEvent, malformed, reasonOf } from "./place.ts";

const CHANGES = new Set(["user_changed_number", "user_changed_user_id", "customer_changed_number"]);

/**
 * A `system` message. One that tells a person's old and new names is an identity change (F28); any other (or one that
 * gives only one side of the change, as Meta's bsuid rotations may) is a line in the thread that asks for no answer.
 */
export function systemEvent(parsed: Message, raw: unknown, place: Place, sender: ContactRef | null): ReadEvent {
  const { system } = parsed;
  const bare = { ...place, people: NOBODY };
  const before = contactOf(
    {
      phone: parsed.from,
      bsuid: system?.previous_user_id ?? parsed.from_user_id,
      parent_bsuid: system?.previous_parent_user_id,
    },
    bare,
    true,
  );
  const next = contactOf(
    { phone: system?.wa_id ?? system?.new_wa_id, bsuid: system?.user_id, parent_bsuid: system?.parent_user_id },
    bare,
    true,
  );
  const common = { account: place.account, raw, provider_id: parsed.id, at: parsed.timestamp };
  const content = limitText(system?.body ?? `[system: ${system?.type ?? "unknown"}]`);
  if (CHANGES.has(system?.type ?? "") && before !== null && next !== null) {
    return { kind: "identity", ...common, contact: before, next, content };
  }
  const contact = sender ?? next;
  if (contact === null) return malformed(raw, "nobody is named", place.account);
  return {
    kind: "message",
    ...common,
    contact,
    origin: "live",
    direction: "inbound",
    type: "system",
    content,
    wakes: false,
  };
}

/**
 * One element of the field `user_id_update`, a second way in which Meta's pages announce a new bsuid. It has no id of
 * its own; what it says is its id.
 */
export function userIdUpdateEvent(item: Record<string, unknown>, place: Place): ReadEvent {
  const parsed = userIdUpdate.safeParse(item);
  if (!parsed.success) return malformed(item, reasonOf(parsed.error), place.account);
  const { wa_id, user_id, parent_user_id, timestamp, detail } = parsed.data;
  const bare = { ...place, people: NOBODY };
  const contact = contactOf({ bsuid: user_id.previous, parent_bsuid: parent_user_id?.previous }, bare, true);
  const next = contactOf({ phone: wa_id, bsuid: user_id.current, parent_bsuid: parent_user_id?.current }, bare, true);
  if (contact === null || next === null) return malformed(item, "user_id is not a user id", place.account);
  return {
    kind: "identity",
    account: place.account,
    raw: item,
    provider_id: `user_id_update:${user_id.previous}:${user_id.current}`,
    contact,
    next,
    at: timestamp,
    content: limitText(detail ?? "[system: user_id_update]"),
  };
}
