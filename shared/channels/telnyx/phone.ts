import { contactAt, E164, e164 } from "../../phone/e164.ts";
import type { ContactRef } from "../events.ts";
import type { Party } from "./payload.ts";

const SHORT_CODE = /^\d{3,8}$/;

/** The E.164 number of a party; null for short codes, names and nothing. */
export function phoneOf(party: Party | undefined): string | null {
  const number = party?.phone_number?.replaceAll(/[\s().-]/g, "");
  return number !== undefined && E164.test(number) ? (e164(number) ?? number) : null;
}

/** The names of the person at a number; null when it is no number. A short code has no E.164 form. */
export function contactOf(party: Party | undefined): ContactRef | null {
  const phone = phoneOf(party);
  if (phone !== null) return contactAt(phone);
  const code = party?.phone_number;
  return code !== undefined && SHORT_CODE.test(code) ? { wa_id: code } : null;
}
