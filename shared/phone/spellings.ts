/**
 * How the wa_id of one person can differ from the number that was dialled. In each country the two spellings belong to
 * one subscriber: Brazil's ninth digit exists for mobiles only (subscriber numbers 6–9; 2–5 are landlines), Argentina
 * writes 9 after 54 for mobiles called from abroad, Mexico wrote 1 after 52 until 2019.
 */
const SPELLINGS: { long: RegExp; short: RegExp; prefix: string; extra: string }[] = [
  { long: /^(55[1-9][1-9])9([6-9]\d{7})$/, short: /^(55[1-9][1-9])([6-9]\d{7})$/, prefix: "55", extra: "9" },
  { long: /^(54)9((?:11|[23]\d)\d{8})$/, short: /^(54)((?:11|[23]\d)\d{8})$/, prefix: "54", extra: "9" },
  { long: /^(52)1([2-9]\d{9})$/, short: /^(52)([2-9]\d{9})$/, prefix: "52", extra: "1" },
];

/**
 * The other spellings of a wa_id (digits only), for look-up only: what is sent to is always the spelling that Meta gave
 * (F30). Empty where there is only one, which is nearly everywhere.
 */
export function variants(wa_id: string): string[] {
  for (const { long, short, prefix, extra } of SPELLINGS) {
    if (!wa_id.startsWith(prefix)) continue;
    if (long.test(wa_id)) return [wa_id.replace(long, "$1$2")];
    if (short.test(wa_id)) return [wa_id.replace(short, (_, head: string, rest: string) => head + extra + rest)];
  }
  return [];
}

/** Digits of a phone number however it is written; undefined for what cannot be one (E.164: at most 15 digits). */
export function digits(phone: string | undefined): string | undefined {
  if (phone === undefined || !/^\+?[\d\s().-]+$/.test(phone)) return undefined;
  const bare = phone.replaceAll(/\D/g, "");
  return bare.length >= 5 && bare.length <= 15 ? bare : undefined;
}
