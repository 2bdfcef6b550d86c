import type { ProviderEvent } from "../channels/events.ts";
import { heardIn } from "../consent/heard.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

/**
 * What became of an item. `stored`: it told us something, be it a line, or a status or file that changed one.
 * `duplicate`: it told us nothing new. `parked`: it is about a message that is not here yet, and is applied when it
 * comes. `quarantined`: it has no owner or cannot be stored; kept whole, with the reason.
 */
export type Outcome = "stored" | "duplicate" | "parked" | "quarantined";

export interface Wake {
  conversation_id: string;
  /** Milliseconds until its turn is due. */
  due_in_ms: number;
}

export interface Ingested {
  /** One an item, in the order given (F1). */
  outcomes: Outcome[];
  /** Conversations whose deadline has just been armed; the others were armed already or may not be answered. */
  wake: Wake[];
}

/**
 * Stores a whole webhook body in one SQL call. When it returns, everything is durable; when it throws, nothing is. What the
 * lines say about consent goes with them, in the same transaction.
 * @param received_at unix milliseconds at our edge
 */
export async function ingest(
  exec: Exec,
  { provider, received_at, events }: { provider: string; received_at: number; events: ProviderEvent[] },
): Promise<Ingested> {
  if (events.length === 0) return { outcomes: [], wake: [] };
  const heard = heardIn(events);
  const further = heard === null ? [] : [["heed_consent_v1", { provider, ...heard }] as const];
  return call<Ingested>(exec, "ingest_v1", { provider, received_at: received_at / 1000, items: events }, ...further);
}
