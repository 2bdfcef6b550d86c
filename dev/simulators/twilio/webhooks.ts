import type { FaultBook } from "../server/fault-book.ts";
import { postWebhook, throughFaults } from "../server/webhook.ts";
import type { WebhookAnswer } from "../server/webhook.ts";
import type { Timers } from "../server/timers.ts";
import { signatureOf } from "./accounts.ts";
import type { TwilioAccount } from "./accounts.ts";

export interface TwilioWebhooks {
  /** Signs these exact bytes and posts them once. */
  post(account: TwilioAccount, url: string, bytes: string): Promise<WebhookAnswer>;
  /** Posts, and once more when no connection was made; an answer, whatever it says, ends it. Faults on statuses strike on the way. */
  deliver(account: TwilioAccount, url: string, parameters: Record<string, string>): Promise<WebhookAnswer>;
}

export interface TwilioWebhooksOptions {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  retry_ms: number;
  timeout_ms: number;
}

export function createTwilioWebhooks(options: TwilioWebhooksOptions): TwilioWebhooks {
  const { worker_url, timers, retry_ms, timeout_ms } = options;

  function post(account: TwilioAccount, url: string, bytes: string): Promise<WebhookAnswer> {
    const address = new URL(url, worker_url()).href;
    const headers = {
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      "x-twilio-signature": signatureOf(account.auth_token, address, new URLSearchParams(bytes)),
    };
    return postWebhook(address, headers, bytes, timeout_ms);
  }

  return {
    post,
    async deliver(account, url, parameters) {
      const bytes = new URLSearchParams(parameters).toString();
      const attempt = () => throughFaults("twilio", options, () => post(account, url, bytes));
      const answer = await attempt();
      if (answer.status !== 0) return answer;
      await timers.sleep(retry_ms);
      return attempt();
    },
  };
}
