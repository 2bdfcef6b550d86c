import { describeError } from "../log.ts";
import type { Log } from "../log.ts";
import { isRefusal } from "./refusal.ts";
import type { SpoolStore, Waiting } from "./store.ts";
import type { SpooledWebhook } from "./webhook.ts";
import { lanesOf } from "./window.ts";

export interface DrainTools {
  store: SpoolStore;
  /** Puts one webhook where it belongs. Doing it twice must do no more than once: a crash may come before the removal. */
  deliver: (webhook: SpooledWebhook) => Promise<void>;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

export interface Drained {
  delivered: number;
  /** How the pass ended: nothing waits, something refused is left for a later one, it was long enough, or Postgres is away. */
  end: "empty" | "refused" | "pause" | "away";
}

/** The platform allows six requests at a time. */
const AT_ONCE = 6;
const WINDOW = 60;

/**
 * One pass over what waits, oldest first; those of different lanes beside one another, each lane in its order. A webhook
 * that is refused is passed over until the next pass, so that it holds nobody up (F3); when Postgres is away the pass
 * ends and everything keeps its place.
 */
export async function drain(tools: DrainTools, pass_ms: number): Promise<Drained> {
  const { store, now } = tools;
  const until = now() + pass_ms;
  const pass: Pass = { delivered: 0, refused: false, away: false };
  const ended = (end: Drained["end"]) => ({ delivered: pass.delivered, end });
  for (let after = 0; ;) {
    const lanes = lanesOf(store.waiting(after, WINDOW));
    if (lanes.length === 0) return ended(pass.refused ? "refused" : "empty");
    if (now() >= until) return ended("pause");
    after = Math.max(...lanes.flat().map(({ id }) => id));

    const queue = lanes.values();
    const worker = async () => {
      for (const lane of queue) await drainLane(lane, tools, pass);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (pass.away) return ended("away");
  }
}

interface Pass {
  delivered: number;
  refused: boolean;
  away: boolean;
}

/** Goes on until Postgres is away for this lane or another; writes what came of it into `pass`. */
async function drainLane(lane: Waiting[], { store, deliver, now, log }: DrainTools, pass: Pass): Promise<void> {
  for (const { id, ...webhook } of lane) {
    if (pass.away) return;
    try {
      await deliver({ ...webhook, body: store.body(id) });
      store.remove(id);
      pass.delivered += 1;
    } catch (error) {
      const description = describeError(error);
      if (!isRefusal(error)) {
        pass.away = true;
        log("warn", "spool.away", { error: description });
        return;
      }
      const poisoned = store.refuse(id, description, now());
      pass.refused ||= !poisoned;
      log("error", poisoned ? "spool.poisoned" : "spool.refused", { provider: webhook.provider, error: description });
    }
  }
}
