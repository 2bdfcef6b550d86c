import { DatabaseError, DatabaseUnavailable } from "../db/exec.ts";
import { TooLate } from "../time/within.ts";

/** SQLSTATE classes that speak of what was given: data, constraints, limits, and what our own functions raise. */
const ABOUT_THE_INPUT = /^(22|23|54|P0|SB)/;

/**
 * Whether this webhook was refused, rather than the database being away, busy, shutting down or not yet migrated: asked
 * again it would be refused again, and the one behind it need not be.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof DatabaseError) return ABOUT_THE_INPUT.test(error.code);
  return !(error instanceof DatabaseUnavailable || error instanceof TooLate);
}
