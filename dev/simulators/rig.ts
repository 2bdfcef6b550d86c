import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { startSimulators } from "./start.ts";
import type { SimulatorOptions, Simulators } from "./start.ts";
import type { MetaOptions } from "./meta/create.ts";
import type { BusinessNumber } from "./meta/numbers.ts";

/** A webhook as the stand-in for the worker received it. */
export interface ReceivedWebhook {
  path: string;
  headers: IncomingHttpHeaders;
  bytes: string;
}

export interface Rig {
  simulators: Simulators;
  webhooks: ReceivedWebhook[];
  /** Resolves when so many webhooks have arrived in all. */
  received(count: number): Promise<ReceivedWebhook[]>;
  /** Statuses that the worker's stand-in answers with, in turn; 200 when they are used up. */
  answers: number[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Opens the service window by letting the customer write. */
  write(from: string, text?: string): Promise<void>;
  send(change?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  body: any;
}

export const NUMBER: BusinessNumber = {
  phone_number_id: "106540352242922",
  display_phone_number: "+1 555 078 3881",
  waba_id: "102290129340398",
  access_token: "token-of-the-number",
};
export const CUSTOMER = "+16505551234";
export const APP_SECRET = "app-secret";
export const API_KEY = "api-key-of-gemini";

/** Simulators in front of a stand-in for the worker that keeps every webhook. Statuses follow quickly. */
export async function startRig(
  options: Omit<Partial<SimulatorOptions>, "meta"> & { meta?: Partial<MetaOptions> } = {},
): Promise<Rig> {
  const webhooks: ReceivedWebhook[] = [];
  const answers: number[] = [];
  let arrived: (() => void) | undefined;
  const worker = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      webhooks.push({ path: request.url ?? "", headers: request.headers, bytes: Buffer.concat(chunks).toString() });
      response.writeHead(answers.shift() ?? 200).end("seen");
      arrived?.();
    });
  });
  worker.listen(0, "127.0.0.1");
  await once(worker, "listening");
  const worker_url = `http://127.0.0.1:${(worker.address() as AddressInfo).port}`;

  const simulators = await startSimulators({
    worker_url: () => worker_url,
    gemini: { api_key: API_KEY },
    ...options,
    meta: {
      app_secret: APP_SECRET,
      numbers: [NUMBER],
      status_delays_ms: { sent: 0, delivered: 30, read: 60 },
      webhook_retries_ms: [1, 1],
      ...options.meta,
    },
  });

  const call: Rig["call"] = async (method, path, body, headers = {}) => {
    const response = await fetch(simulators.url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const is_json = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, body: is_json ? JSON.parse(text) : text };
  };
  return {
    simulators,
    webhooks,
    answers,
    call,
    async received(count) {
      while (webhooks.length < count) await new Promise<void>((resolve) => (arrived = resolve));
      return webhooks;
    },
    async write(from, text = "Hello") {
      await simulators.api.inbound({ from, text });
      webhooks.length = 0;
    },
    send: (change) => call("POST", `/v25.0/${NUMBER.phone_number_id}/messages`, textMessage(change), bearer()),
    async close() {
      await simulators.close();
      worker.closeAllConnections();
      worker.close();
    },
  };
}

/** A valid text message; `change` replaces fields, undefined removes one. */
export function textMessage(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: CUSTOMER,
    type: "text",
    text: { body: "Your order is ready." },
    biz_opaque_callback_data: "attempt-1",
    ...change,
  };
}

export function bearer(token = NUMBER.access_token): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The statuses in the order in which their webhooks arrived. */
export function statusesOf(webhooks: ReceivedWebhook[]): Record<string, unknown>[] {
  return webhooks.flatMap((webhook) => JSON.parse(webhook.bytes).entry[0].changes[0].value.statuses ?? []);
}
