/** So much longer than exact are the gaps between slots, so that no second, wherever it begins, holds one too many. */
const SLACK = 1.005;
/** How long the calls of one slot may spread: a tenth of a second's worth goes out together. */
const SLICE_MS = 100;

/** How many messages of a pace go out together: a tenth of a second's worth, of a batch at most. */
export function sliceOf(per_second: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor((per_second * SLICE_MS) / 1000)));
}

/**
 * The next free moment of a number (unix ms), and from when on it is free again. Every slot keeps the gap of a whole slice,
 * however few it carries: so any second, wherever it begins, holds at most `per_second` messages (F102).
 */
export function nextSlot(
  free_at: number,
  now: number,
  { per_second, slice, lead_ms }: { per_second: number; slice: number; lead_ms: number },
): { at: number; free_at: number } {
  const start = Math.max(free_at, now + lead_ms);
  const gap = 1000 / Math.floor(per_second / slice);
  return { at: Math.ceil(start), free_at: start + gap * SLACK };
}
