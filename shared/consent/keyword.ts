import {
  ASKS_FOR_SILENCE,
  CARRIER_START_WORDS,
  CARRIER_STOP_WORDS,
  HELP_WORDS,
  POLITE_WORDS,
  START_WORDS,
  STOP_WORDS,
} from "./words.ts";

/** What a customer's line says about being written to. */
export interface Keyword {
  /** `unclear`: it may be a stop; a person should look, nothing is decided. */
  word: "stop" | "start" | "help" | "unclear";
  /** It means this on SMS, where carriers obey it, and nothing elsewhere. */
  sms_only: boolean;
}

/** A longer text is a letter, not a word. */
const MAX_LENGTH = 160;
const MAX_WORDS_OF_A_SENTENCE = 12;

/**
 * Reads a whole message as a keyword (F113, F115): capitals, accents, punctuation, emoji and politeness around it do not
 * matter, any other word does. "Stop." and "STOP, thank you" are a stop; "we stop by at five" is not; "I am fed up. Stop."
 * is unclear. The carriers' own further words count only as they stand.
 */
export function keywordOf(text: string): Keyword | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const plain = plainOf(text);
  const bare = withoutPoliteness(plain);
  if (STOP.has(bare)) return { word: "stop", sms_only: false };
  if (START.has(bare)) return { word: "start", sms_only: false };
  if (CARRIER_STOP.has(plain)) return { word: "stop", sms_only: true };
  if (CARRIER_START.has(plain)) return { word: "start", sms_only: true };
  if (HELP.has(bare)) return { word: "help", sms_only: true };
  return isUnclear(text, plain) ? { word: "unclear", sms_only: false } : undefined;
}

function isUnclear(text: string, plain: string): boolean {
  if (plain.split(" ").length > MAX_WORDS_OF_A_SENTENCE) return false;
  if (ASKS_FOR_SILENCE.some((pattern) => pattern.test(plain))) return true;
  const sentences = text.split(/[.!?\n。！？]+/u).map((part) => withoutPoliteness(plainOf(part)));
  return sentences.some((sentence) => STOP.has(sentence));
}

/** Small letters and digits only, without accents, one space between words. */
function plainOf(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll("ı", "i")
    .replaceAll("ł", "l")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function withoutPoliteness(plain: string): string {
  for (let text = plain; ;) {
    const shorter = text.replace(POLITE_AT_AN_END, "");
    if (shorter === text) return text;
    text = shorter;
  }
}

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/[|\n]/u).map(plainOf).filter(Boolean));
}

const STOP = setOf(STOP_WORDS);
const START = setOf(START_WORDS);
const HELP = setOf(HELP_WORDS);
const CARRIER_STOP = setOf(CARRIER_STOP_WORDS);
const CARRIER_START = setOf(CARRIER_START_WORDS);

const polite = [...setOf(POLITE_WORDS)].toSorted((a, b) => b.length - a.length).join("|");
const POLITE_AT_AN_END = new RegExp(`^(?:${polite}) | (?:${polite})$`, "u");
