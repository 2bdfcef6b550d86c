const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Together two days and a half: Meta forgets a file of a webhook after seven (Meta, "Media", Cloud API). */
const PAUSES_MS = [15 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 18 * HOUR, 24 * HOUR];

/**
 * Milliseconds until a download is tried again; null when it is given up.
 * @param attempts how often it was tried, from 1
 * @param random from 0 to 1; spreads those that failed together over a fifth of the pause
 */
export function retryInMs(attempts: number, random: number): number | null {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (1 + random / 5));
}
