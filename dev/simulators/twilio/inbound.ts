import { randomBytes } from "node:crypto";
import type { InboundInput, InboundResult } from "../meta/inbound.ts";
import { postCopies } from "../server/webhook.ts";
import { keywordOf } from "./keywords.ts";
import type { TwilioAccounts } from "./accounts.ts";
import type { Blocks } from "../server/blocks.ts";
import type { TwilioNumber, TwilioNumbers } from "./numbers.ts";
import type { TwilioWebhooks } from "./webhooks.ts";

export interface TwilioInboundOptions {
  accounts: TwilioAccounts;
  numbers: TwilioNumbers;
  blocks: Blocks;
  webhooks: TwilioWebhooks;
}

/** Where a number's messages go that names no address of its own. */
export const SMS_PATH = "/webhooks/twilio/sms";

/**
 * Delivers customers' messages. `raw`: a text is signed and posted as it stands (a form), an object changes parameters of
 * the message; null takes one away.
 */
export function createTwilioInbound(options: TwilioInboundOptions): (input: InboundInput) => Promise<InboundResult> {
  const { accounts, numbers, webhooks } = options;
  return async function inbound(input) {
    const number = input.to === undefined ? numbers.first() : numbers.find(input.to);
    const account = number && accounts.find(number.account_sid);
    if (!number || !account) return { status: 0, body: `no number ${input.to ?? "yet"}`, id: null, statuses: [] };
    const { bytes, id } = compose(input, number, options.blocks);
    const url = number.sms_url ?? SMS_PATH;
    return { ...(await postCopies(input.copies ?? 1, () => webhooks.post(account, url, bytes))), id };
  };
}

function compose({ raw, from = "", text = "" }: InboundInput, number: TwilioNumber, blocks: Blocks) {
  if (typeof raw === "string") return { bytes: raw, id: new URLSearchParams(raw).get("MessageSid") };
  blocks.note(number.phone_number, from, keywordOf(text));
  const sid = `SM${randomBytes(16).toString("hex")}`;
  const parameters: Record<string, unknown> = {
    ToCountry: "US",
    SmsMessageSid: sid,
    NumMedia: "0",
    SmsSid: sid,
    SmsStatus: "received",
    Body: text,
    FromCountry: "US",
    To: number.phone_number,
    NumSegments: "1",
    MessageSid: sid,
    AccountSid: number.account_sid,
    From: from,
    ApiVersion: "2010-04-01",
    ...(typeof raw === "object" ? raw : {}),
  };
  const given = Object.entries(parameters).filter(([, value]) => value !== null);
  const form = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return { bytes: form.toString(), id: form.get("MessageSid") };
}
