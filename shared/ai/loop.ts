export interface LoopInput {
  /** Turns already taken with this contact in the window, this one not counted. */
  turns_in_window: number;
  max_turns: number;
  /** Text of the customer that opened each of the last turns, one entry a turn, oldest first, this one's last. Text messages only. */
  last_inbound_texts: string[];
  /** How many of them in a row must be nearly equal. */
  repeats?: number;
}

const DEFAULT_REPEATS = 4;
const NEARLY = 0.9;
const COMPARED_LENGTH = 500;

/**
 * Whether the AI seems to talk with another machine (F60): it has had its share of turns in the window, or the other
 * side keeps saying the same thing. Numbers are ignored in the comparison, for automatic replies count tickets and hours.
 */
export function loopGuard(input: LoopInput): "too_many_turns" | "repeated_inbound" | null {
  if (input.turns_in_window >= input.max_turns) return "too_many_turns";
  const repeats = Math.max(2, input.repeats ?? DEFAULT_REPEATS);
  const recent = input.last_inbound_texts.slice(-repeats).map(normalise);
  const last = recent.at(-1);
  if (recent.length < repeats || !last) return null;
  return recent.every((text) => similarity(text, last) >= NEARLY) ? "repeated_inbound" : null;
}

function normalise(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\p{N}+/gu, "0")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, COMPARED_LENGTH);
}

/** Dice coefficient of the texts' letter pairs, 0–1. */
function similarity(a: string, b: string): number {
  if (a === b) return 1;
  const left = pairs(a);
  const right = pairs(b);
  const shared = [...left].reduce((sum, [pair, count]) => sum + Math.min(count, right.get(pair) ?? 0), 0);
  const total = Math.max(0, a.length - 1) + Math.max(0, b.length - 1);
  return total === 0 ? 0 : (2 * shared) / total;
}

function pairs(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + 1 < text.length; i++) {
    const pair = text.slice(i, i + 2);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts;
}
