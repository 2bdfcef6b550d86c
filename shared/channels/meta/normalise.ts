import { cleanJson } from "../../text/clean.ts";
import { limitText } from "../../text/limit.ts";
import type { ProviderEvent } from "../events.ts";
import { withDedupe } from "./account.ts";
import { NOBODY } from "./contact.ts";
import { echoEvent } from "./echoes.ts";
import { historyEvents, historyFile } from "./history.ts";
import { inboundMessage } from "./messages.ts";
import { seconds } from "./payload.ts";
import { type Place, type ReadEvent, accountEvent, isRecord, listOf, malformed, placeOf, readEach } from "./place.ts";
import { preferencesEvent } from "./preferences.ts";
import { statusEvent } from "./statuses.ts";
import { userIdUpdateEvent } from "./system.ts";

const PRODUCT = "whatsapp_business_account";

/** Fields whose values are lists of items; the value of any other field is one event. */
const ITEMISED = new Set([
  "messages",
  "smb_message_echoes",
  "history",
  // Meta describes both as fields and as system messages under `messages`
  "user_id_update",
  "customer_identity_changed",
]);

/**
 * Every item of a webhook body as one event: messages, statuses, echoes and history items each on
 * their own, any other change as a whole (F1). What cannot be read is `malformed`, with as little around it as possible
 * (F3); a container that holds no item becomes one event itself. Never throws.
 *
 * @param body the parsed JSON of a verified request
 */
export async function normalise(body: unknown): Promise<ProviderEvent[]> {
  return Promise.all(bodyEvents(cleanJson(body)).map(withDedupe));
}

function bodyEvents(body: unknown): ReadEvent[] {
  if (!isRecord(body)) return [malformed(body, "body is not an object")];
  const { object } = body;
  if (object !== undefined && object !== PRODUCT) return [malformed(body, "object is not WhatsApp's")];
  const entries = listOf(body["entry"]);
  if (entries === null || entries.length === 0) return [malformed(body, "body without entries")];
  return entries.flatMap(entryEvents);
}

function entryEvents(entry: unknown): ReadEvent[] {
  if (!isRecord(entry)) return [malformed(entry, "entry is not an object")];
  const { id, time } = entry;
  if (typeof id !== "string" && typeof id !== "number") return [malformed(entry, "entry without an id")];
  const changes = listOf(entry["changes"]);
  if (changes === null || changes.length === 0) return [malformed(entry, "entry without changes")];
  const at = seconds.safeParse(time).data ?? null;
  return changes.flatMap((change) => changeEvents(change, String(id), at));
}

function changeEvents(change: unknown, entry: string, time: number | null): ReadEvent[] {
  if (!isRecord(change)) return [malformed(change, "change is not an object")];
  const { value } = change;
  const field = typeof change["field"] === "string" ? limitText(change["field"], 128) : "unknown";
  if (!isRecord(value)) return [otherValue(field, value, entry, time)];
  const place = placeOf(value, entry, time);
  if (field === "user_preferences") return [preferencesEvent(value, place)];
  return ITEMISED.has(field) ? valueEvents(value, field, place) : [accountEvent(place, field, value)];
}

/**
 * Everything that a value of a message field can list, each list independent of the others (F2): Meta's own pages put
 * some of them under more than one field. Errors beside the items concern the number.
 */
function valueEvents(value: Record<string, unknown>, field: string, place: Place): ReadEvent[] {
  const events = [
    ...readItems(value["messages"], place, field === "history" ? historyFile : inboundMessage),
    ...readItems(value["statuses"], place, statusEvent),
    ...readItems(value["message_echoes"], place, echoEvent),
    ...historyEvents(value["history"], place),
    ...readItems(value["user_id_update"], place, userIdUpdateEvent),
  ];
  const { errors } = value;
  if ((listOf(errors) ?? []).length > 0) events.push(accountEvent(place, `${field}.errors`, errors));
  return events.length > 0 ? events : [accountEvent(place, field, value)];
}

type ReadItem = (item: Record<string, unknown>, place: Place, alone: boolean) => ReadEvent;

function readItems(items: unknown, place: Place, read: ReadItem): ReadEvent[] {
  const alone = listOf(items)?.length === 1;
  return readEach(items, place, (item) => read(item, place, alone));
}

/** A value that is not an object: of a message field unreadable, of any other field what it is. */
function otherValue(field: string, value: unknown, entry: string, time: number | null): ReadEvent {
  if (ITEMISED.has(field)) return malformed(value, `value of ${field} is not an object`);
  return accountEvent({ entry, time, account: null, own: undefined, people: NOBODY }, field, value);
}
