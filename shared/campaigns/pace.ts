/** So much longer than exact are the gaps between slots, so that no second, wherever it begins, holds one too many. */
const SLACK = 1.005;
/** How much of a pace is one slot. */
const SLICE_MS = 100;

/** How many messages of a pace share a slot: a tenth of a second's worth, of a batch at most. */
export function sliceOf(per_second: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor((per_second * SLICE_MS) / 1000)));
}

/** Milliseconds from one message of a slot to the next: they fill their slice evenly. */
export function spreadOf(per_second: number, slice: number): number {
  return gapOf(per_second, slice) / slice;
}

function gapOf(per_second: number, slice: number): number {
  return 1000 / Math.floor(per_second / slice);
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
  return {
    at: Math.ceil(start),
    free_at: Math.max(Math.ceil(start) + gapOf(per_second, slice), start + gapOf(per_second, slice) * SLACK),
  };
}
