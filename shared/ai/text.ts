import { cleanText } from "../text/clean.ts";

/** Control characters, line and paragraph separators, direction overrides, angle brackets. */
const STRUCTURAL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069<>]+/gu;

/**
 * The first `max` UTF-16 units of a text, never ending in half a character, with a note of how much is missing.
 * The note comes on top of `max`.
 */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max).replace(/[\ud800-\udbff]$/, "");
  return `${head} [… ${text.length - head.length} more characters]`;
}

/**
 * Text from outside made fit to stand inside a tag of the prompt: whatever could start a line of its own or close the
 * tag becomes a space (F62).
 *
 * @param max longest result in characters (code points)
 */
export function asData(text: string, max: number): string {
  const flat = text.replace(STRUCTURAL, " ").replace(/\s+/g, " ").trim();
  return [...flat].slice(0, max).join("");
}

/** Whether Postgres can hold the text: no U+0000, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return cleanText(text) === text;
}
