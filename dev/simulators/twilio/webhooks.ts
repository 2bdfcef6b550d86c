import type { FaultBook } from "../server/fault-book.ts";
import type { Timers } from "../server/timers.ts";
import { signatureOf } from "./accounts.ts";
import type { TwilioAccount } from "./accounts.ts";

export interface TwilioAnswer {
  /** 0 when no answer came, with the reason as the body. */
  status: number;
  body: string;
}

export interface TwilioWebhooks {
  /** Signs these exact bytes and posts them once. */
  post(account: TwilioAccount, url: string, bytes: string): Promise<TwilioAnswer>;
  /** Posts, and once more when no connection was made; an answer, whatever it says, ends it. Faults on statuses strike on the way. */
  deliver(account: TwilioAccount, url: string, parameters: Record<string, string>): Promise<TwilioAnswer>;
}

export interface TwilioWebhooksOptions {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  retry_ms: number;
  timeout_ms: number;
}

export function createTwilioWebhooks(options: TwilioWebhooksOptions): TwilioWebhooks {
  const { worker_url, faults, timers, retry_ms, timeout_ms } = options;

  async function post(account: TwilioAccount, url: string, bytes: string): Promise<TwilioAnswer> {
    const address = new URL(url, worker_url()).href;
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: {
          "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
          "x-twilio-signature": signatureOf(account.auth_token, address, new URLSearchParams(bytes)),
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

  async function attempt(account: TwilioAccount, url: string, bytes: string): Promise<TwilioAnswer> {
    const strikes = faults.strike("twilio", ["status"], ["drop_request", "drop_response", "delay"]);
    const find = (kind: string) => strikes.find((strike) => strike.kind === kind);
    const delay = find("delay");
    if (delay) await timers.sleep(Number(delay.value ?? 1000));
    if (find("drop_request")) return { status: 0, body: "lost on the way" };
    const answer = await post(account, url, bytes);
    return find("drop_response") ? { status: 0, body: "the answer was lost" } : answer;
  }

  return {
    post,
    async deliver(account, url, parameters) {
      const bytes = new URLSearchParams(parameters).toString();
      const answer = await attempt(account, url, bytes);
      if (answer.status !== 0) return answer;
      await timers.sleep(retry_ms);
      return attempt(account, url, bytes);
    },
  };
}
