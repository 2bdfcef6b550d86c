/** After a failure nobody waits for the database for so long, except one who tries it when the time is over. */
const OPEN_MS = 5_000;

/** Keeps requests from waiting, one by one, for a database that has just not answered. Lives in one isolate. */
export interface Breaker {
  /** Whether this request may ask the database. After a failure one request in five seconds may. */
  admits(now: number): boolean;
  failed(now: number): void;
  succeeded(): void;
}

/** All times are unix milliseconds. */
export function createBreaker(): Breaker {
  let closed_until: number | null = null;
  return {
    admits(now) {
      if (closed_until === null) return true;
      if (now < closed_until) return false;
      // taken by the one who asks: should it never come back, the next one has its turn
      closed_until = now + OPEN_MS;
      return true;
    },
    failed(now) {
      closed_until = now + OPEN_MS;
    },
    succeeded() {
      closed_until = null;
    },
  };
}
