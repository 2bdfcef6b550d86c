import { randomUUID } from "node:crypto";
import type { InboundInput, InboundResult } from "../meta/inbound.ts";
import type { TelnyxAccounts } from "./accounts.ts";
import { isObject } from "../server/is-object.ts";
import { postCopies } from "../server/webhook.ts";
import { keywordOf } from "./keywords.ts";
import type { Blocks } from "../server/blocks.ts";
import type { TelnyxNumber, TelnyxNumbers } from "./numbers.ts";
import type { TelnyxWebhooks } from "./webhooks.ts";
import { webhookBody } from "./webhooks.ts";

export interface TelnyxInboundOptions {
  accounts: TelnyxAccounts;
  numbers: TelnyxNumbers;
  blocks: Blocks;
  webhooks: TelnyxWebhooks;
  clock: () => number;
}

/**
 * Delivers customers' messages. `raw`: a text is signed and posted as it stands, an object with `data` is a whole
 * webhook body, any other object changes fields of the message's payload.
 */
export function createTelnyxInbound(options: TelnyxInboundOptions): (input: InboundInput) => Promise<InboundResult> {
  const { accounts, numbers, webhooks } = options;
  return async function inbound(input) {
    const number = input.to === undefined ? numbers.first() : numbers.find(input.to);
    const account = number && accounts.find(number.api_key);
    if (!number || !account) return { status: 0, body: `no number ${input.to ?? "yet"}`, id: null, statuses: [] };
    const { bytes, id } = compose(input, number, options);
    const post = () => webhooks.post(account, number.webhook_url, bytes);
    return { ...(await postCopies(input.copies ?? 1, post)), id };
  };
}

function compose(input: InboundInput, number: TelnyxNumber, { blocks, clock }: TelnyxInboundOptions) {
  const { raw, from = "", text = "" } = input;
  if (typeof raw === "string") return { bytes: raw, id: null };
  if (isObject(raw) && "data" in raw) return { bytes: JSON.stringify(raw), id: idOf(raw) };
  const keyword = keywordOf(text);
  blocks.note(number.messaging_profile_id ?? number.webhook_url, from, keyword);
  const payload: Record<string, unknown> = {
    id: randomUUID(),
    record_type: "message",
    direction: "inbound",
    type: "SMS",
    from: { phone_number: from, carrier: "T-Mobile USA", line_type: "long_code" },
    to: [{ phone_number: number.phone_number, carrier: "Telnyx", line_type: "Wireless", status: "webhook_delivered" }],
    cc: [],
    text,
    media: [],
    encoding: "GSM-7",
    parts: 1,
    tags: [],
    errors: [],
    cost: { amount: "0.0000", currency: "USD" },
    messaging_profile_id: number.messaging_profile_id ?? number.webhook_url,
    received_at: new Date(clock()).toISOString(),
    sent_at: null,
    completed_at: null,
    valid_until: null,
    webhook_url: number.webhook_url,
    webhook_failover_url: null,
    ...(keyword && { autoresponse_type: keyword }),
    ...(isObject(raw) ? raw : {}),
  };
  const event = { event_type: "message.received", occurred_at: clock(), payload };
  const bytes = JSON.stringify(webhookBody(randomUUID(), event, 1, number.webhook_url));
  return { bytes, id: String(payload["id"]) };
}

function idOf(body: Record<string, unknown>): string | null {
  const data = body["data"];
  const payload = isObject(data) ? data["payload"] : undefined;
  return isObject(payload) && typeof payload["id"] === "string" ? payload["id"] : null;
}
