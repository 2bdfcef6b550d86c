import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { CountryCode } from "libphonenumber-js/min";
import type { ContactRef } from "../channels/events.ts";
import { variants } from "./spellings.ts";

/** E.164 with "+": fifteen digits at most; fewer than seven are a short code. */
export const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * A phone number in E.164 with "+", however a person or a provider has written it; null for what cannot be one, short codes
 * among them. Spellings that only WhatsApp uses (Mexico's 1 after 52) become the number that one can dial.
 *
 * @param country ISO 3166 code of where a number without "+" would be dialled
 */
export function e164(text: string, country?: string): string | null {
  const given = parse(text.trim(), country);
  if (given === null || given.possible) return given?.number ?? null;
  const dialled = variants(given.number.slice(1)).map((other) => parse(`+${other}`));
  return dialled.find((other) => other?.possible)?.number ?? null;
}

/** The person at a number of the telephone network, by the names under which every channel looks for people (F25, F30). */
export function contactAt(phone: string): ContactRef {
  const wa_id = phone.slice(1);
  const others = variants(wa_id);
  return { wa_id, phone, ...(others.length > 0 && { variants: others }) };
}

function parse(text: string, country?: string): { number: string; possible: boolean } | null {
  if (!/^[+\d(]/.test(text)) return null;
  const found = parsePhoneNumberFromString(text, { defaultCountry: country as CountryCode, extract: false });
  return found ? { number: found.number, possible: found.isPossible() } : null;
}
