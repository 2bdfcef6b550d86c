import { randomUUID } from "node:crypto";
import type { FaultBook } from "../server/fault-book.ts";
import { postWebhook, throughFaults } from "../server/webhook.ts";
import type { WebhookAnswer } from "../server/webhook.ts";
import type { Timers } from "../server/timers.ts";
import type { TelnyxAccount } from "./accounts.ts";

export interface TelnyxWebhooks {
  /** Signs these exact bytes as of now and posts them once. */
  post(account: TelnyxAccount, url: string, bytes: string): Promise<WebhookAnswer>;
  /** Posts until a 2xx comes, three times at most. Faults on statuses strike on the way. */
  deliver(account: TelnyxAccount, url: string, event: TelnyxEvent): Promise<WebhookAnswer>;
}

export interface TelnyxEvent {
  event_type: string;
  /** Unix milliseconds. */
  occurred_at: number;
  payload: Record<string, unknown>;
}

export interface TelnyxWebhooksOptions {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
  retries_ms: readonly number[];
  timeout_ms: number;
}

export function createTelnyxWebhooks(options: TelnyxWebhooksOptions): TelnyxWebhooks {
  const { worker_url, timers, clock, retries_ms, timeout_ms } = options;

  function post(account: TelnyxAccount, url: string, bytes: string): Promise<WebhookAnswer> {
    const timestamp = String(Math.floor(clock() / 1000));
    const headers = {
      "content-type": "application/json",
      "telnyx-timestamp": timestamp,
      "telnyx-signature-ed25519": account.sign(timestamp, bytes),
    };
    return postWebhook(new URL(url, worker_url()), headers, bytes, timeout_ms);
  }

  return {
    post,
    async deliver(account, url, event) {
      const id = randomUUID();
      let answer: WebhookAnswer = { status: 0, body: "not tried" };
      for (const [i, wait] of [0, ...retries_ms].entries()) {
        if (i > 0) await timers.sleep(wait);
        const bytes = JSON.stringify(webhookBody(id, event, i + 1, url));
        answer = await throughFaults("telnyx", options, () => post(account, url, bytes));
        if (answer.status >= 200 && answer.status < 300) break;
      }
      return answer;
    },
  };
}

/** What a webhook says; `id` is the same over all tries. */
export function webhookBody(id: string, event: TelnyxEvent, attempt: number, delivered_to: string): unknown {
  return {
    data: {
      event_type: event.event_type,
      id,
      occurred_at: new Date(event.occurred_at).toISOString(),
      record_type: "event",
      payload: event.payload,
    },
    meta: { attempt, delivered_to },
  };
}
