import { DELIVERY_KINDS } from "../server/fault-book.ts";
import type { FaultBook } from "../server/fault-book.ts";
import type { Timers } from "../server/timers.ts";
import type { TwilioAccount } from "./accounts.ts";
import type { TwilioWebhooks } from "./webhooks.ts";

/** Milliseconds from acceptance to each callback; null for one that never comes. */
export interface TwilioDelays {
  sent: number | null;
  delivered: number | null;
}

export interface SentMessage {
  sid: string;
  from: string;
  to: string;
  /** Where its callbacks go. */
  callback: string;
}

export interface TwilioStatuses {
  /** Schedules the callbacks about a message; resolves once those were answered that precede the send's own answer. */
  report(account: TwilioAccount, message: SentMessage): Promise<void>;
}

export interface TwilioStatusesOptions {
  webhooks: TwilioWebhooks;
  faults: FaultBook;
  timers: Timers;
  delays: TwilioDelays;
}

export function createTwilioStatuses({ webhooks, faults, timers, delays }: TwilioStatusesOptions): TwilioStatuses {
  return {
    async report(account, message) {
      const strikes = faults.strike("twilio", ["send", "status"], DELIVERY_KINDS);
      const has = (kind: string) => strikes.some((strike) => strike.kind === kind);
      const [ending] = faults.strike("twilio", ["status"], ["error"]);
      const due = plan(ending?.value, ending !== undefined, delays);
      const waits = due.map(({ delay }) => delay);
      if (has("reorder")) due.reverse();

      const early: Promise<unknown>[] = [];
      for (const [place, { change }] of due.entries()) {
        for (let copy = 0; copy < (has("duplicate") ? 2 : 1); copy++) {
          const deliver = () =>
            webhooks.deliver(account, message.callback, { ...parametersOf(account, message), ...change });
          if (place === 0 && has("early")) early.push(deliver());
          else timers.later(waits[place] ?? 0, () => void deliver());
        }
      }
      await Promise.all(early);
    },
  };
}

/** A number is an error code of an undelivered message, a word (`failed`) its status. */
function plan(value: string | number | undefined, fails: boolean, { sent, delivered }: TwilioDelays) {
  const given = String(value ?? "30003");
  const numeric = /^\d+$/.test(given);
  const last: Record<string, string> = fails
    ? { MessageStatus: numeric ? "undelivered" : given, ...(numeric && { ErrorCode: given }) }
    : { MessageStatus: "delivered" };
  const steps: { delay: number | null; change: Record<string, string> }[] = [
    { delay: sent, change: { MessageStatus: "sent" } },
    { delay: delivered, change: last },
  ];
  return steps.flatMap(({ delay, change }) =>
    delay === null ? [] : [{ delay, change: { ...change, SmsStatus: change["MessageStatus"] ?? "" } }],
  );
}

function parametersOf({ account_sid }: TwilioAccount, { sid, from, to }: SentMessage): Record<string, string> {
  return { AccountSid: account_sid, MessageSid: sid, SmsSid: sid, From: from, To: to, ApiVersion: "2010-04-01" };
}
