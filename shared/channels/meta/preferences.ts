import type { Preference } from "../events.ts";
import { contactOf } from "./contact.ts";
import { preference } from "./payload.ts";
import { type Place, type ReadEvent, accountEvent, listOf } from "./place.ts";

const STATES = { stop: "withdrawn", resume: "restored", signup: "granted" } as const;

/**
 * A change of `user_preferences`: what people chose in WhatsApp itself about marketing messages of this business (F117).
 * One event with its value as it came, and every element that can be read as a preference beside it.
 */
export function preferencesEvent(value: Record<string, unknown>, place: Place): ReadEvent {
  const items = listOf(value["user_preferences"]) ?? [];
  const preferences = items.flatMap((item) => preferenceOf(item, place, items.length === 1));
  const event = accountEvent(place, "user_preferences", value);
  return preferences.length > 0 && event.kind === "account" ? { ...event, preferences } : event;
}

function preferenceOf(item: unknown, place: Place, alone: boolean): Preference[] {
  const { data } = preference.safeParse(item);
  if (data === undefined) return [];
  const contact = contactOf({ phone: data.wa_id, bsuid: data.user_id }, place, alone);
  return contact === null ? [] : [{ contact, topic: "marketing", state: STATES[data.value], at: data.timestamp }];
}
