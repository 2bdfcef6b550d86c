import { describeError } from "../log.ts";
import type { Log } from "../log.ts";
import { isRefusal } from "./refusal.ts";
import type { SpoolStore, Waiting } from "./store.ts";

export interface DrainTools {
  store: SpoolStore;
  /** Puts one webhook where it belongs. Doing it twice must do no more than once: a crash may come before the removal. */
  deliver: (webhook: Waiting) => Promise<void>;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

export interface Drained {
  delivered: number;
  /** How the pass ended: nothing waits, something refused is left for a later one, the pass was long enough, or Postgres is away. */
  end: "empty" | "refused" | "pause" | "away";
}

/**
 * One pass over what waits, oldest first, one at a time. A webhook that is refused is passed over until the next pass,
 * so that it holds nobody up (F3); when Postgres is away the pass ends and everything keeps its place.
 */
export async function drain({ store, deliver, now, log }: DrainTools, pass_ms: number): Promise<Drained> {
  const until = now() + pass_ms;
  let delivered = 0;
  let refused = false;
  for (let webhook = store.next(0); webhook; webhook = store.next(webhook.id)) {
    try {
      await deliver(webhook);
      store.remove(webhook.id);
      delivered += 1;
    } catch (error) {
      const description = describeError(error);
      if (!isRefusal(error)) {
        log("warn", "spool.away", { error: description });
        return { delivered, end: "away" };
      }
      const poisoned = store.refuse(webhook.id, description, now());
      refused ||= !poisoned;
      log("error", poisoned ? "spool.poisoned" : "spool.refused", { provider: webhook.provider, error: description });
    }
    if (now() >= until) return { delivered, end: "pause" };
  }
  return { delivered, end: refused ? "refused" : "empty" };
}
