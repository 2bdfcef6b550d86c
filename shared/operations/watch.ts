import { retiringWithin } from "../ai/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

const RETIREMENT_NOTICE_DAYS = 30;

export interface Watched {
  /** Alerts that are new. */
  raised: number;
  /** Alerts whose cause is gone. */
  ended: number;
  /** Milliseconds until something that is in order now would be an alert; null when nothing is under way. */
  next_due_in_ms: number | null;
}

/**
 * Brings the alerts up to date with what is the matter: one a cause, resolved with it. Harmless at any time, any number of
 * times. Silent numbers (F185) and retiring models (F64) are looked for once an hour, or when asked for everything.
 *
 * @param now decides which models are about to retire
 */
export function watch(exec: Exec, now: Date, everything = false): Promise<Watched> {
  const retiring_models = retiringWithin(RETIREMENT_NOTICE_DAYS, now);
  return call<Watched>(exec, "watch_v1", { retiring_models, everything });
}
