import { randomUUID } from "node:crypto";
import { z } from "zod";
import { json } from "../server/http.ts";
import { createPacer } from "../server/pacer.ts";
import type { TelnyxHandler } from "./account-routes.ts";
import { telnyxError } from "./errors.ts";
import type { Blocks } from "../server/blocks.ts";
import type { TelnyxNumbers } from "./numbers.ts";
import type { TelnyxStatuses } from "./statuses.ts";

export interface TelnyxMessagesOptions {
  numbers: TelnyxNumbers;
  blocks: Blocks;
  statuses: TelnyxStatuses;
  clock: () => number;
  /** Messages a second that one account may send. */
  throughput: number;
}

/** Body of `POST /v2/messages`. Strict: a field that Telnyx would ignore is a mistake to be seen. */
const body = z.strictObject({
  from: z.string(),
  to: z.string(),
  text: z.string().min(1).optional(),
  media_urls: z.array(z.url()).min(1).max(10).optional(),
  subject: z.string().optional(),
  type: z.enum(["SMS", "MMS"]).optional(),
  messaging_profile_id: z.string().optional(),
  webhook_url: z.url().max(2000).optional(),
  webhook_failover_url: z.url().max(2000).optional(),
  use_profile_webhooks: z.boolean().optional(),
  auto_detect: z.boolean().optional(),
  encoding: z.enum(["auto", "gsm7", "ucs2"]).optional(),
});

const E164 = /^\+[1-9]\d{6,14}$/;
/** Characters of one part, and of one of several, by encoding. */
const PARTS = { gsm: [160, 153], ucs2: [70, 67] } as const;

/** The handler of `POST /v2/messages`. */
export function createTelnyxMessages(options: TelnyxMessagesOptions): TelnyxHandler {
  const { numbers, blocks, statuses, clock, throughput } = options;
  const pace = createPacer(1000 / throughput, throughput);

  return async function messages(call, account) {
    const parsed = body.safeParse(call.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return telnyxError("10015", issue?.message, `/${issue?.path.join("/") ?? ""}`);
    }
    const { from, to, text, media_urls, webhook_url } = parsed.data;
    if (text === undefined && media_urls === undefined) return telnyxError("10004", "text or media_urls", "/text");
    const number = numbers.find(from);
    if (number === undefined || number.api_key !== account.api_key) return telnyxError("40305", undefined, "/from");
    if (!E164.test(to)) return telnyxError("40310", undefined, "/to");
    if (!pace.take(account.api_key, clock())) return telnyxError("10011");
    const profile = number.messaging_profile_id ?? number.webhook_url;
    if (blocks.has(profile, to)) return telnyxError("40300");

    const payload = {
      id: randomUUID(),
      record_type: "message",
      direction: "outbound",
      type: media_urls === undefined ? "SMS" : "MMS",
      from: { phone_number: from, carrier: "Telnyx", line_type: "Wireless" },
      to: [{ phone_number: to, carrier: "", line_type: "", status: "queued" }],
      cc: [],
      text: text ?? "",
      media: (media_urls ?? []).map((url) => ({ url })),
      parts: partsOf(text ?? ""),
      encoding: isGsm(text ?? "") ? "GSM-7" : "UCS-2",
      tags: [],
      errors: [],
      cost: null,
      messaging_profile_id: profile,
      organization_id: account.organization_id,
      received_at: new Date(clock()).toISOString(),
      sent_at: null,
      completed_at: null,
      valid_until: new Date(clock() + 3_600_000).toISOString(),
      webhook_url: webhook_url ?? number.webhook_url,
      webhook_failover_url: null,
    };
    await statuses.report(account, payload);
    return json(200, { data: payload });
  };
}

export type SentPayload = Record<string, unknown> & { webhook_url: string; to: Record<string, unknown>[] };

/** A near enough test: what is Latin goes as GSM-7. */
function isGsm(text: string): boolean {
  return /^[\n\r\x20-\x7e\u00a0-\u00ff\u20ac]*$/.test(text);
}

function partsOf(text: string): number {
  const [single, several] = isGsm(text) ? PARTS.gsm : PARTS.ucs2;
  return text.length <= single ? 1 : Math.ceil(text.length / several);
}
