/** When the sweep may leave the database alone, so that one that nobody uses can go to sleep. */
export interface Rest {
  /** Sweeps in a row that found nothing, since anything was written. */
  empty_sweeps: number;
  /** Unix milliseconds: look at this moment whatever happens. */
  look_at: number;
}

export const AWAKE: Rest = { empty_sweeps: 0, look_at: 0 };

/** A write that is told late, or never, is found after so many minutes at most in a system that is in use. */
const SWEEPS_BEFORE_REST = 10;
/** However quiet: something may have been written without passing through the Worker. */
const LONGEST_REST_MS = 60 * 60_000;

/** What a sweep's result means for the next ones. `next_due_in_ms` is the earliest moment known to the database. */
export function afterSweep(
  { empty_sweeps }: Rest,
  now: number,
  { found, next_due_in_ms }: { found: number; next_due_in_ms: number | null },
): Rest {
  return {
    empty_sweeps: found > 0 ? 0 : empty_sweeps + 1,
    look_at: now + Math.min(LONGEST_REST_MS, next_due_in_ms ?? LONGEST_REST_MS),
  };
}

export function mayRest({ empty_sweeps, look_at }: Rest, now: number): boolean {
  return empty_sweeps >= SWEEPS_BEFORE_REST && now < look_at;
}
