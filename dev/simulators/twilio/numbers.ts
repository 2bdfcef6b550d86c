import { createHash } from "node:crypto";

/** A number of a simulated account. */
export interface TwilioNumber {
  /** E.164. */
  phone_number: string;
  account_sid: string;
  /** Where its messages go; a path is one at the worker. */
  sms_url?: string;
  voice_url?: string;
  friendly_name?: string;
  capabilities?: { voice: boolean; sms: boolean; mms: boolean };
}

export interface TwilioNumbers {
  /** The same number again replaces it. */
  add(number: TwilioNumber): void;
  find(phone_number: string): TwilioNumber | undefined;
  bySid(sid: string): TwilioNumber | undefined;
  of(account_sid: string): TwilioNumber[];
  first(): TwilioNumber | undefined;
}

export function createTwilioNumbers(initial: TwilioNumber[] = []): TwilioNumbers {
  const numbers = new Map(initial.map((number) => [number.phone_number, number]));
  const all = () => [...numbers.values()];
  return {
    add: (number) => void numbers.set(number.phone_number, number),
    find: (phone_number) => numbers.get(phone_number),
    bySid: (sid) => all().find((number) => sidOf(number) === sid),
    of: (account_sid) => all().filter((number) => number.account_sid === account_sid),
    first: () => numbers.values().next().value,
  };
}

/** Follows from account and number, so that it is the same after a restart. */
export function sidOf({ account_sid, phone_number }: TwilioNumber): string {
  return `PN${createHash("sha256").update(`${account_sid} ${phone_number}`).digest("hex").slice(0, 32)}`;
}
