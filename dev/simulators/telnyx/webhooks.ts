import { randomUUID } from "node:crypto";
import type { FaultBook } from "../server/fault-book.ts";
import type { Timers } from "../server/timers.ts";
import type { TelnyxAccount } from "./accounts.ts";

export interface TelnyxAnswer {
  /** 0 when no answer came, with the reason as the body. */
  status: number;
  body: string;
}

export interface TelnyxWebhooks {
  /** Signs these exact bytes as of now and posts them once. */
  post(account: TelnyxAccount, url: string, bytes: string): Promise<TelnyxAnswer>;
  /** Posts until a 2xx comes, three times at most. Faults on statuses strike on the way. */
  deliver(account: TelnyxAccount, url: string, event: TelnyxEvent): Promise<TelnyxAnswer>;
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
  const { worker_url, faults, timers, clock, retries_ms, timeout_ms } = options;

  async function post(account: TelnyxAccount, url: string, bytes: string): Promise<TelnyxAnswer> {
    const timestamp = String(Math.floor(clock() / 1000));
    try {
      const response = await fetch(new URL(url, worker_url()), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "telnyx-timestamp": timestamp,
          "telnyx-signature-ed25519": account.sign(timestamp, bytes),
        },
        body: bytes,
        redirect: "manual",
        signal: AbortSignal.timeout(timeout_ms),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: 0, body: error instanceof Error ? error.message : String(error) };
    }
  }

  /** One try, seen through the faults on `status`: a lost webhook, or an answer that Telnyx did not get to see. */
  async function attempt(account: TelnyxAccount, url: string, bytes: string): Promise<TelnyxAnswer> {
    const strikes = faults.strike("telnyx", ["status"], ["drop_request", "drop_response", "delay", "status"]);
    const find = (kind: string) => strikes.find((strike) => strike.kind === kind);
    const delay = find("delay");
    if (delay) await timers.sleep(Number(delay.value ?? 1000));
    if (find("drop_request")) return { status: 0, body: "lost on the way" };
    const answer = await post(account, url, bytes);
    if (find("drop_response")) return { status: 0, body: "the answer was lost" };
    const status = find("status");
    return status ? { ...answer, status: Number(status.value ?? 503) } : answer;
  }

  return {
    post,
    async deliver(account, url, event) {
      const id = randomUUID();
      let answer: TelnyxAnswer = { status: 0, body: "not tried" };
      for (const [i, wait] of [0, ...retries_ms].entries()) {
        if (i > 0) await timers.sleep(wait);
        answer = await attempt(account, url, JSON.stringify(webhookBody(id, event, i + 1, url)));
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
