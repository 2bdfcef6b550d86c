/** One answer put in the model's mouth. */
export interface ScriptEntry {
  reply?: string | undefined;
  /** Taken as it is, in range or not. */
  confidence?: number | undefined;
  grounding?: string | undefined;
  intent?: string | null | undefined;
  action?: string | undefined;
  sentiment?: number | null | undefined;
  language?: string | null | undefined;
  needs_human?: boolean | undefined;
  needs_human_reason?: string | null | undefined;
  delay_ms?: number | undefined;
  finishReason?: string | undefined;
  /** A string is the candidate's text; an object with `candidates` or `promptFeedback`, or an empty one, the whole body. */
  raw?: unknown;
  /** For how many calls; for ever when left out (in a script: for one call, the last entry for ever). */
  times?: number | undefined;
}

export interface Script {
  set(entries: ScriptEntry[]): void;
  clear(): void;
  /** The entry for the next call; null when the built-in model is to answer. */
  take(): ScriptEntry | null;
}

/** What the model is to say next. */
export function createScript(): Script {
  let queue: { entry: ScriptEntry; left: number }[] = [];
  return {
    set(entries) {
      queue = entries.map((entry, place) => ({
        entry,
        left: entry.times ?? (place === entries.length - 1 ? Infinity : 1),
      }));
    },
    clear() {
      queue = [];
    },
    take() {
      const head = queue[0];
      if (!head) return null;
      head.left -= 1;
      if (head.left <= 0) queue.shift();
      return head.entry;
    },
  };
}
