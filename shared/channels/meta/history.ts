import { contactOf } from "./contact.ts";
import { recipientOf } from "./echoes.ts";
import { messageEvent, parseMessage, senderOf } from "./messages.ts";
import type { Message } from "./payload.ts";
import { type Place, type ReadEvent, accountEvent, isRecord, listOf, malformed, readEach } from "./place.ts";
import { digits, variants } from "../../phone/spellings.ts";

/**
 * `history[]`: messages of up to 180 days before the number was connected, in chunks of threads (Meta, "history webhook
 * reference"). A chunk without messages (progress, or a refusal to share) is an account event. Chunks come in any order
 * (F19); none of it is live (F18).
 */
export function historyEvents(items: unknown, place: Place): ReadEvent[] {
  const chunks = listOf(items);
  if (chunks === null) return [malformed(items, "history is not a list", place.account)];
  return chunks.flatMap((chunk) => chunkEvents(chunk, place));
}

/** A plain message under `history`: the file of a recent message whose line came in a thread, under the same id. */
export function historyFile(item: Record<string, unknown>, place: Place): ReadEvent {
  return historyMessage(item, place, undefined);
}

function chunkEvents(chunk: unknown, place: Place): ReadEvent[] {
  if (!isRecord(chunk)) return [malformed(chunk, "history chunk is not an object", place.account)];
  const threads = listOf(chunk["threads"]);
  if (threads === null) return [malformed(chunk, "threads is not a list", place.account)];
  const events = threads.flatMap((thread) => threadEvents(thread, place));
  const refused = (listOf(chunk["errors"]) ?? []).length > 0;
  if (refused) events.push(accountEvent(place, "history.errors", events.length > 0 ? chunk["errors"] : chunk));
  return events.length > 0 ? events : [accountEvent(place, "history", chunk)];
}

function threadEvents(thread: unknown, place: Place): ReadEvent[] {
  if (!isRecord(thread)) return [malformed(thread, "history thread is not an object", place.account)];
  const customer = typeof thread["id"] === "string" ? thread["id"] : undefined;
  const events = readEach(thread["messages"], place, (item) => historyMessage(item, place, customer));
  return events.length > 0 ? events : [accountEvent(place, "history", thread)];
}

/** Identity changes of the past are lines like others: the names they tell may be out of date again. */
function historyMessage(item: Record<string, unknown>, place: Place, customer: string | undefined): ReadEvent {
  return parseMessage(item, place, (parsed) => {
    const outbound = fromBusiness(parsed, place, customer);
    const named = outbound ? recipientOf(parsed, place, false) : senderOf(parsed, place, false);
    const contact = named ?? contactOf({ phone: customer }, place, false);
    const direction = outbound ? "outbound" : "inbound";
    return messageEvent(parsed, item, place, { origin: "history", direction, contact });
  });
}

/** `to` is given for the business's own messages only; otherwise the sender is compared with both ends. */
function fromBusiness(parsed: Message, place: Place, customer: string | undefined): boolean {
  if (parsed.to !== undefined || parsed.to_user_id !== undefined) return true;
  const from = digits(parsed.from);
  if (from === undefined) return false;
  const other = digits(customer);
  if (from === other || variants(from).includes(other ?? "")) return false;
  return from === place.own || other !== undefined;
}
