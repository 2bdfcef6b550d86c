import type { Strike } from "../server/fault-book.ts";

/** Milliseconds from acceptance to each status; null when it never comes (a customer who does not open the chat). */
export interface StatusDelays {
  sent: number | null;
  delivered: number | null;
  read: number | null;
}

export interface StatusStep {
  status: "sent" | "delivered" | "read" | "failed";
  /** When it happened, unix milliseconds. */
  at: number;
  /** When its webhook leaves, counted from acceptance. */
  delay_ms: number;
  /** Leaves before the send is answered. */
  early: boolean;
  error_code: number | undefined;
}

export interface PlanInput {
  is_reaction: boolean;
  accepted_at: number;
  delays: StatusDelays;
  strikes: Strike[];
  /** Meta's code when the message fails after all. */
  failure: number | undefined;
}

const HOLD_MS = 2000;

/**
 * The status webhooks of one message, in the order in which they leave. Reactions are only ever `sent`; a message that
 * fails says nothing else. `reorder` swaps the webhooks but not the times they speak of.
 */
export function planStatuses({ is_reaction, accepted_at, delays, strikes, failure }: PlanInput): StatusStep[] {
  const has = (kind: Strike["kind"]) => strikes.find((strike) => strike.kind === kind);
  const hold = has("hold");
  const held = hold ? Number(hold.value ?? HOLD_MS) : 0;

  const steps: [StatusStep["status"], number | null][] =
    failure !== undefined
      ? [["failed", delays.delivered ?? delays.sent ?? 0]]
      : [
          ["sent", delays.sent],
          ["delivered", is_reaction ? null : delays.delivered],
          ["read", is_reaction ? null : delays.read],
        ];
  const due = steps.flatMap(([status, delay]) => (delay === null ? [] : [{ status, delay_ms: held + delay }]));
  const slots = due.map((each) => each.delay_ms);
  if (has("reorder")) due.reverse();

  const plan = due.map(({ status, delay_ms }, place): StatusStep => ({
    status,
    at: accepted_at + delay_ms,
    delay_ms: slots[place] ?? delay_ms,
    early: place === 0 && has("early") !== undefined,
    error_code: failure,
  }));
  return has("duplicate") ? plan.flatMap((each) => [each, each]) : plan;
}
