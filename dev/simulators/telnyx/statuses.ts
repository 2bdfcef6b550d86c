import type { FaultBook } from "../server/fault-book.ts";
import { DELIVERY_KINDS } from "../server/fault-book.ts";
import type { Timers } from "../server/timers.ts";
import type { TelnyxAccount } from "./accounts.ts";
import { titleOf } from "./errors.ts";
import type { SentPayload } from "./messages.ts";
import type { TelnyxEvent, TelnyxWebhooks } from "./webhooks.ts";

/** Milliseconds from acceptance to each webhook; null for one that never comes. */
export interface TelnyxDelays {
  sent: number | null;
  finalized: number | null;
}

export interface TelnyxStatuses {
  /** Schedules the webhooks about a message; resolves once those were answered that precede the send's own answer. */
  report(account: TelnyxAccount, payload: SentPayload): Promise<void>;
}

export interface TelnyxStatusesOptions {
  webhooks: TelnyxWebhooks;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
  delays: TelnyxDelays;
}

/** Words that a fault on statuses may name in the place of an error code. */
const ENDINGS = new Set(["delivery_unconfirmed", "expired", "sending_failed", "delivery_failed"]);

export function createTelnyxStatuses(options: TelnyxStatusesOptions): TelnyxStatuses {
  const { webhooks, faults, timers, clock, delays } = options;
  return {
    async report(account, payload) {
      const strikes = faults.strike("telnyx", ["send", "status"], DELIVERY_KINDS);
      const has = (kind: string) => strikes.some((strike) => strike.kind === kind);
      const ending = endingOf(faults.strike("telnyx", ["status"], ["error"])[0]);
      const due = plan(payload, ending, delays, clock());
      const waits = due.map(({ delay }) => delay);
      if (has("reorder")) due.reverse();

      const early: Promise<unknown>[] = [];
      for (const [place, { event }] of due.entries()) {
        for (let copy = 0; copy < (has("duplicate") ? 2 : 1); copy++) {
          const deliver = () => webhooks.deliver(account, payload.webhook_url, event);
          if (place === 0 && has("early")) early.push(deliver());
          else timers.later(waits[place] ?? 0, () => void deliver());
        }
      }
      await Promise.all(early);
    },
  };
}

interface Ending {
  status: string;
  errors: unknown[];
}

function endingOf(strike: { value: string | number | undefined } | undefined): Ending {
  if (strike === undefined) return { status: "delivered", errors: [] };
  const value = String(strike.value ?? "40008");
  if (ENDINGS.has(value)) return { status: value, errors: [] };
  return { status: "delivery_failed", errors: [{ code: value, title: titleOf(value), detail: titleOf(value) }] };
}

function plan(payload: SentPayload, ending: Ending, delays: TelnyxDelays, now: number) {
  const steps: [event_type: string, delay: number | null, change: Record<string, unknown>, status: string][] = [
    ["message.sent", ending.status === "sending_failed" ? null : delays.sent, {}, "sent"],
    ["message.finalized", delays.finalized, { errors: ending.errors }, ending.status],
  ];
  return steps.flatMap(([event_type, delay, change, status]) => {
    if (delay === null) return [];
    const at = new Date(now + delay).toISOString();
    const final = event_type === "message.finalized";
    const event: TelnyxEvent = {
      event_type,
      occurred_at: now + delay,
      payload: {
        ...payload,
        ...change,
        to: payload.to.map((party) => ({ ...party, status })),
        sent_at: at,
        completed_at: final ? at : null,
        cost: { amount: "0.0040", currency: "USD" },
      },
    };
    return [{ event, delay }];
  });
}
