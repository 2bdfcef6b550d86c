import { createHash } from "node:crypto";
import { digits } from "./numbers.ts";

/** Somebody on WhatsApp, as the platform knows them. */
export interface Person {
  /** The platform's spelling of the phone; null for a person who shows none. */
  wa_id: string | null;
  /** Business-scoped user id. */
  user_id: string;
  name: string;
}

export interface People {
  /** Whoever writes: a phone in any spelling, or a business-scoped user id. The spelling given is kept as the `wa_id`. */
  meet(from: string, name?: string): Person;
  /** The addressee of a send; null when nobody on WhatsApp has that phone or id. */
  find(address: { to?: string | undefined; recipient?: string | undefined }): Person | null;
}

const BSUID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;

export function isBsuid(text: string): boolean {
  return BSUID.test(text);
}

/**
 * Everybody who wrote so far. Any plausible phone is on WhatsApp, except those under +999, which no country has:
 * they serve to try an undeliverable message (131026).
 */
export function createPeople(): People {
  const known = new Map<string, Person>();
  return {
    meet(from, name) {
      const key = isBsuid(from) ? from : personKey(digits(from));
      const person = known.get(key) ?? newPerson(from, name);
      if (name) person.name = name;
      known.set(key, person);
      known.set(person.user_id, person);
      return person;
    },
    find({ to, recipient }) {
      if (to === undefined)
        return known.get(recipient ?? "") ?? (isBsuid(recipient ?? "") ? newPerson(recipient ?? "") : null);
      const wa_id = canonicalWaId(digits(to));
      if (wa_id.startsWith("999") || wa_id.length < 7 || wa_id.length > 15) return null;
      return known.get(personKey(wa_id)) ?? newPerson(wa_id);
    },
  };
}

function newPerson(from: string, name?: string): Person {
  if (isBsuid(from)) return { wa_id: null, user_id: from, name: name ?? `Customer ${from.slice(-4)}` };
  const wa_id = digits(from);
  const hash = createHash("sha256").update(personKey(wa_id)).digest().readBigUInt64BE();
  return { wa_id, user_id: `${country(wa_id)}.${hash}`, name: name ?? `Customer ${wa_id.slice(-4)}` };
}

/**
 * The one spelling under which WhatsApp knows a phone: Mexican mobiles with 1 after 52, Argentine ones with 9 after
 * 54, Brazilian ones of area codes above 28 without the ninth digit.
 */
export function canonicalWaId(phone: string): string {
  if (/^52\d{10}$/.test(phone)) return `521${phone.slice(2)}`;
  if (/^54[^9]\d{9}$/.test(phone)) return `549${phone.slice(2)}`;
  const brazil = /^55(\d\d)9(\d{8})$/.exec(phone);
  return brazil && Number(brazil[1]) > 28 ? `55${brazil[1]}${brazil[2]}` : phone;
}

/** One key for every spelling of a phone, also where WhatsApp itself may know either. */
function personKey(phone: string): string {
  return canonicalWaId(phone).replace(/^55(\d\d)9(\d{8})$/, "55$1$2");
}

const COUNTRIES: [prefix: string, code: string][] = [
  ["52", "MX"],
  ["54", "AR"],
  ["55", "BR"],
  ["44", "GB"],
  ["49", "DE"],
  ["34", "ES"],
  ["33", "FR"],
  ["39", "IT"],
  ["91", "IN"],
  ["1", "US"],
];

function country(wa_id: string): string {
  return COUNTRIES.find(([prefix]) => wa_id.startsWith(prefix))?.[1] ?? "US";
}
