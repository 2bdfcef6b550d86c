const LINK = /(?:https?:\/\/|www\.)[^\s<>"')\]]*[^\s<>"')\].,;:!?]/giu;
const MAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu;
/** A number with a currency beside it: by sign, by code, or as a percentage, which is how discounts are promised. */
const AMOUNT =
  /(?:\p{Sc}|\b[A-Z]{2,3}\$|\b(?:USD|EUR|GBP|CHF|MXN|BRL|ARS|INR|CAD|AUD)\b)\s?(\d[\d.,' ]*\d|\d)|(\d[\d.,' ]*\d|\d)\s?(?:\p{Sc}|%|\b(?:USD|EUR|GBP|CHF|MXN|BRL|ARS|INR|CAD|AUD|dollars?|euros?|pesos?|reais)\b)/giu;
const TELEPHONE = /\+?\d[\d\s().-]{5,}\d/gu;
const NUMBER = /\d[\d.,' ]*\d|\d/gu;

/**
 * What a reply names that the business itself has nowhere said: links, mail addresses, telephone numbers and amounts of
 * money, compared however they are written. A model may be as sure as it likes: these come from code or from people
 * (F56, F62).
 * @param material what the business has said; nothing of the customer's, who would set the prices otherwise
 */
export function unbacked(reply: string, material: readonly string[]): string[] {
  const said = material.join("\n");
  const text = said.toLowerCase();
  const numbers = new Set([...said.matchAll(NUMBER)].flatMap(([number]) => readings(number)));
  const digits = new Set([...said.matchAll(TELEPHONE)].map(([number]) => digitsOf(number)));
  const addresses = [...matches(reply, LINK), ...matches(reply, MAIL)];
  return [
    ...addresses.filter((address) => !text.includes(address.toLowerCase())),
    ...[...reply.matchAll(AMOUNT)]
      .filter(([, before, after]) => !readings(before ?? after ?? "").some((reading) => numbers.has(reading)))
      .map(([amount]) => amount),
    ...matches(reply, TELEPHONE).filter(
      (number) => digitsOf(number).length >= 7 && !endsLikeOneOf(digitsOf(number), digits),
    ),
  ];
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([match]) => match);
}

/** A number's value in either way of writing decimals: 1.50 and 1,5 are one, 1.500 is both 1500 and 1.5. */
function readings(number: string): string[] {
  const plain = number.replaceAll(/[' ]/g, "");
  const fraction = /^(.*?)[.,](\d+)$/.exec(plain);
  const whole = digitsOf(plain).replace(/^0+(?=\d)/, "");
  if (!fraction) return [whole];
  const decimals = (fraction[2] ?? "").replace(/0+$/, "");
  const units = digitsOf(fraction[1] ?? "").replace(/^0+(?=\d)/, "") || "0";
  const decimal = decimals === "" ? units : `${units}.${decimals}`;
  return fraction[2]?.length === 3 ? [whole, decimal] : [decimal];
}

function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, "");
}

/** A number with and without its country's code is one number. */
function endsLikeOneOf(number: string, others: ReadonlySet<string>): boolean {
  return [...others].some((other) => other.endsWith(number.slice(-7)) || number.endsWith(other.slice(-7)));
}
