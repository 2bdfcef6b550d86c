import { randomBytes } from "node:crypto";
import { json } from "../server/http.ts";
import { createPacer } from "../server/pacer.ts";
import type { Blocks } from "../server/blocks.ts";
import { twilioError } from "./errors.ts";
import type { TwilioNumbers } from "./numbers.ts";
import type { TwilioHandler } from "./route.ts";
import type { TwilioStatuses } from "./statuses.ts";

export interface TwilioMessagesOptions {
  numbers: TwilioNumbers;
  blocks: Blocks;
  statuses: TwilioStatuses;
  clock: () => number;
  /** Requests a second that one account may make. */
  throughput: number;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const MAX_BODY = 1600;
const MAX_FILES = 10;

/** The handler of `POST /Accounts/{AC}/Messages.json`. */
export function createTwilioMessages(options: TwilioMessagesOptions): TwilioHandler {
  const { numbers, blocks, statuses, clock, throughput } = options;
  const pace = createPacer(1000 / throughput, throughput);

  return async function messages(call, account) {
    const form = new URLSearchParams(call.bytes.toString("utf8"));
    const [to, from, body] = ["To", "From", "Body"].map((name) => form.get(name) ?? "") as [string, string, string];
    const files = form.getAll("MediaUrl");
    if (!pace.take(account.account_sid, clock())) return refused(20429);
    if (!E164.test(to)) return refused(21211, `Invalid 'To' Phone Number: ${to}`);
    const number = numbers.find(from);
    if (number === undefined) return refused(21606);
    if (number.account_sid !== account.account_sid) return refused(21660);
    if (body === "" && files.length === 0) return refused(form.has("Body") ? 21602 : 21619);
    if (body.length > MAX_BODY) return refused(21617);
    if (files.length > MAX_FILES || !files.every((file) => URL.canParse(file))) return refused(21620);
    if (blocks.has(from, to)) return refused(21610);

    const sid = `${files.length > 0 ? "MM" : "SM"}${randomBytes(16).toString("hex")}`;
    const callback = form.get("StatusCallback");
    if (callback !== null) await statuses.report(account, { sid, from, to, callback });
    const uri = `/2010-04-01/Accounts/${account.account_sid}/Messages/${sid}`;
    const now = new Date(clock()).toUTCString().replace("GMT", "+0000");
    return recorded(
      json(201, {
        sid,
        account_sid: account.account_sid,
        messaging_service_sid: null,
        api_version: "2010-04-01",
        direction: "outbound-api",
        status: "queued",
        from,
        to,
        body,
        num_segments: String(Math.max(1, Math.ceil(body.length / 153))),
        num_media: String(files.length),
        price: null,
        price_unit: "USD",
        error_code: null,
        error_message: null,
        date_created: now,
        date_updated: now,
        date_sent: null,
        uri: `${uri}.json`,
        subresource_uris: { media: `${uri}/Media.json` },
      }),
    );

    function refused(code: number, message?: string) {
      return recorded(twilioError(code, message));
    }
    function recorded(reply: ReturnType<typeof json>) {
      return { ...reply, recorded: Object.fromEntries(form) };
    }
  };
}
