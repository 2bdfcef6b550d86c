import { Agent, request } from "node:http";
import type { WebhookAnswer } from "../server/webhook.ts";
import type { Timers } from "../server/timers.ts";
import { signature } from "./sign.ts";

export interface WebhookSender {
  /** Signs and posts these exact bytes once. */
  post(bytes: string): Promise<WebhookAnswer>;
  close(): void;
}

export interface WebhookSenderOptions {
  url: () => string;
  app_secret: string;
  /** Milliseconds after which an unanswered webhook counts as lost. */
  timeout_ms: number;
}

const MAX_SOCKETS = 128;

/** Posts signed webhooks to the worker over kept-open connections. */
export function createWebhookSender({ url, app_secret, timeout_ms }: WebhookSenderOptions): WebhookSender {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  function postBytes(bytes: string): Promise<WebhookAnswer> {
    return new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(bytes),
        "x-hub-signature-256": signature(app_secret, bytes),
      };
      const outgoing = request(url(), { method: "POST", agent, headers, timeout: timeout_ms }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", reject);
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeout_ms} ms`)));
      outgoing.on("error", reject);
      outgoing.end(bytes);
    });
  }
  return {
    post: (bytes) =>
      postBytes(bytes).catch((error: unknown) => ({
        status: 0,
        body: error instanceof Error ? error.message : String(error),
      })),
    close: () => agent.destroy(),
  };
}

/**
 * Posts until the worker answers 200, as Meta does (it goes on for days; here for as long as `retries_ms` has
 * entries, each the wait before the next try).
 *
 * @param attempt makes one try and returns the status to be believed.
 */
export async function untilAcknowledged(
  attempt: () => Promise<number>,
  retries_ms: readonly number[],
  timers: Timers,
): Promise<boolean> {
  if ((await attempt()) === 200) return true;
  for (const wait of retries_ms) {
    await timers.sleep(wait);
    if ((await attempt()) === 200) return true;
  }
  return false;
}
