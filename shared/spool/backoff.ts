const FIRST_MS = 1_000;
/** Short enough that nobody notices the rest of an outage, and next to nothing for a database: sixteen objects ask. */
const LONGEST_MS = 10_000;

/**
 * Milliseconds until the database is asked again after so many failures in a row, from 1. Doubles, with a jitter of a
 * half, so that the Spools do not all come back in the same instant.
 * @param random 0 up to 1
 */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round((longest * (1 + random)) / 2);
}
