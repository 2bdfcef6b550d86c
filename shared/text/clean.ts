/** Levels of objects and lists kept in stored JSON; what lies deeper becomes `TOO_DEEP`. */
export const MAX_DEPTH = 64;
export const TOO_DEEP = "[nested too deeply]";

const LONE_SURROGATE = /\p{Cs}/u;
const LONE_SURROGATES = /\p{Cs}/gu;
const NUL = "\u0000";

/**
 * A text that Postgres can hold: U+0000 removed, lone surrogates replaced by U+FFFD (both `text` and `jsonb` refuse
 * them). A clean text comes back as it is.
 */
export function cleanText(text: string): string {
  const whole = LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, "\uFFFD") : text;
  return whole.includes(NUL) ? whole.replaceAll(NUL, "") : whole;
}

/**
 * Parsed JSON with every text and key cleaned, down to `MAX_DEPTH`. Never changes its argument; parts with nothing to
 * clean are shared with it rather than copied. When two keys become one by cleaning, the later value stays.
 */
export function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return TOO_DEEP;
  return Array.isArray(value) ? cleanList(value, depth) : cleanObject(value, depth);
}

function cleanList(list: unknown[], depth: number): unknown[] {
  let copy: unknown[] | null = null;
  for (const [i, item] of list.entries()) {
    const cleaned = cleanJson(item, depth + 1);
    if (!Object.is(cleaned, item)) (copy ??= list.slice())[i] = cleaned;
  }
  return copy ?? list;
}

function cleanObject(object: object, depth: number): object {
  let copy: Map<string, unknown> | null = null;
  const values = object as Record<string, unknown>;
  for (const [i, key] of Object.keys(values).entries()) {
    const item = values[key];
    const cleaned = cleanJson(item, depth + 1);
    const name = cleanText(key);
    if (copy === null && (name !== key || !Object.is(cleaned, item)))
      copy = new Map(Object.entries(values).slice(0, i));
    copy?.set(name, cleaned);
  }
  // fromEntries defines properties, so a key named "__proto__" stays data
  return copy === null ? object : Object.fromEntries(copy);
}
