const SECOND = 1_000;
const HOUR = 3_600_000;

const BASE = SECOND;
const MAX = 10 * 60 * SECOND;
/** 4^6 s is 68 minutes: longer than that a pair limit never lasts. */
const PAIR_MAX_EXPONENT = 6;

/** Waits below which a repetition cannot help: maintenance of a minute, limits that are counted by hour or by day. */
const FLOORS: Record<number, number> = { 131057: 60 * SECOND, 133016: HOUR, 131064: 24 * HOUR };

/**
 * Milliseconds to wait before the same attempt is made again.
 *
 * Meta asks for 4^n seconds after the n-th pair limit (131056). Everything else backs off exponentially with full
 * jitter, between 0 and 2^n seconds, at most ten minutes, so that many callers do not come back together.
 *
 * @param attempt how many calls were made already, from 1
 * @param random uniform in [0, 1)
 */
export function retryAfterMs(code: number, attempt: number, random: number): number {
  const n = Math.max(1, Math.floor(attempt));
  if (code === 131056) return 4 ** Math.min(n, PAIR_MAX_EXPONENT) * SECOND;
  const jittered = Math.floor(random * Math.min(MAX, BASE * 2 ** Math.min(n, 30)));
  return (FLOORS[code] ?? 0) + jittered;
}
