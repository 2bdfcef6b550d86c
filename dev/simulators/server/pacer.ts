export interface Pacer {
  /** Takes one place for `key` at `now` (unix milliseconds); false when it is too fast. A refusal costs nothing. */
  take(key: string, now: number): boolean;
}

const PRUNE_ABOVE = 50_000;

/**
 * Lets `burst` through at once and then one every `interval_ms` for each key (generic cell rate algorithm: one
 * number a key, the time at which its debt is paid).
 */
export function createPacer(interval_ms: number, burst: number): Pacer {
  const paidAt = new Map<string, number>();
  return {
    take(key, now) {
      const debtUntil = Math.max(paidAt.get(key) ?? 0, now);
      if (debtUntil - now > (burst - 1) * interval_ms) return false;
      paidAt.set(key, debtUntil + interval_ms);
      if (paidAt.size > PRUNE_ABOVE) for (const [other, at] of paidAt) if (at <= now) paidAt.delete(other);
      return true;
    },
  };
}
