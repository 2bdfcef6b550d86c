import { limitText } from "../../text/limit.ts";
import type { ContactRef } from "../events.ts";
import { e164 } from "../../phone/e164.ts";
import { compact } from "./compact.ts";
import { type Contact, contact } from "./payload.ts";
import type { Place } from "./place.ts";
import { digits, variants } from "../../phone/spellings.ts";

/** The names that an item itself gives to a person. */
export interface Names {
  phone?: string | undefined;
  bsuid?: string | undefined;
  parent_bsuid?: string | undefined;
}

/** The people of one change, found by user id or by the digits of their wa_id: a body may hold a thousand of them. */
export interface People {
  byName: ReadonlyMap<string, Contact>;
  /** The person, when the change names exactly one. */
  only: Contact | undefined;
}

export const NOBODY: People = { byName: new Map(), only: undefined };

const MAX_NAME_BYTES = 512;

/** Reads `contacts[]`; elements that are not contacts do not matter. */
export function peopleOf(items: unknown[]): People {
  const byName = new Map<string, Contact>();
  const cards: Contact[] = [];
  for (const item of items) {
    const parsed = contact.safeParse(item);
    if (!parsed.success) continue;
    cards.push(parsed.data);
    for (const name of [parsed.data.user_id, digits(parsed.data.wa_id)]) {
      if (name !== undefined && !byName.has(name)) byName.set(name, parsed.data);
    }
  }
  return { byName, only: cards.length === 1 ? cards[0] : undefined };
}

/**
 * Who an item is about, from its own fields and the change's `contacts`; null when nobody is named. Since 2026 people
 * with a user name may come without any phone (F26), so a phone is never required and "" never counts as one. A bsuid
 * is worth something within its portfolio only, so it travels with the WABA id (F29).
 *
 * @param alone whether the change holds one item only: then its one contact belongs to it even when the spellings of the
 *   phone differ, which Meta says they may.
 */
export function contactOf(names: Names, place: Place, alone: boolean): ContactRef | null {
  const phone = digits(names.phone);
  const given = names.bsuid ?? (phone === undefined ? names.phone : undefined);
  const card = find(place.people, phone, given) ?? theOnly(place.people, given, alone);
  const wa_id = digits(card?.wa_id) ?? phone;
  const bsuid = bsuidOf(given) ?? bsuidOf(card?.user_id);
  if (wa_id === undefined && bsuid === undefined) return null;
  const name = card?.profile?.name ?? card?.profile?.username;
  return compact({
    ...(wa_id === undefined ? {} : phoneNames(wa_id, phone ?? wa_id)),
    bsuid,
    parent_bsuid: bsuidOf(names.parent_bsuid) ?? bsuidOf(card?.parent_user_id),
    scope: place.entry,
    name: name === undefined ? undefined : limitText(name, MAX_NAME_BYTES),
  });
}

/** The wa_id to send to, the phone as one dials it, and every other way in which the same number is written (F30). */
function phoneNames(wa_id: string, phone: string): Pick<ContactRef, "wa_id" | "phone" | "variants"> {
  const others = new Set([...variants(wa_id), phone, ...variants(phone)]);
  others.delete(wa_id);
  return { wa_id, phone: e164(`+${phone}`) ?? `+${phone}`, ...(others.size > 0 && { variants: [...others] }) };
}

function find(people: People, phone: string | undefined, bsuid: string | undefined): Contact | undefined {
  const names = phone === undefined ? [bsuid] : [bsuid, phone, ...variants(phone)];
  for (const name of names) {
    const card = name === undefined ? undefined : people.byName.get(name);
    if (card !== undefined) return card;
  }
  return undefined;
}

function theOnly(people: People, bsuid: string | undefined, alone: boolean): Contact | undefined {
  if (!alone || people.only === undefined) return undefined;
  const { only } = people;
  const other = bsuid !== undefined && only.user_id !== undefined && only.user_id !== bsuid;
  return other ? undefined : only;
}

/** `<country>.<id>`, parent form `<country>.ENT.<id>`; kept as it came, because Meta compares it so. */
function bsuidOf(value: string | undefined): string | undefined {
  return value !== undefined && /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/.test(value) ? value : undefined;
}
