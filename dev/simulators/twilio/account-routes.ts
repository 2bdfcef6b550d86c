import { json } from "../server/http.ts";
import type { Route } from "../server/http.ts";
import type { TwilioAccounts } from "./accounts.ts";
import { twilioError } from "./errors.ts";
import { sidOf } from "./numbers.ts";
import type { TwilioNumber, TwilioNumbers } from "./numbers.ts";
import { twilioRoute } from "./route.ts";

const DEFAULT_PAGE = 50;
const FILE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Whose token it is, the account's numbers, and the files that came with messages. */
export function createTwilioAccountRoutes(accounts: TwilioAccounts, numbers: TwilioNumbers): Route[] {
  const base = String.raw`^/2010-04-01/Accounts/(AC\w+)`;
  return [
    twilioRoute(accounts, "GET", new RegExp(String.raw`${base}\.json$`), (_, { account_sid }) =>
      json(200, { sid: account_sid, friendly_name: "Simulated account", status: "active", type: "Full" }),
    ),

    twilioRoute(
      accounts,
      "GET",
      new RegExp(String.raw`${base}/IncomingPhoneNumbers\.json$`),
      (call, { account_sid }) => {
        const size = Number(call.query.get("PageSize") ?? DEFAULT_PAGE);
        const page = Number(call.query.get("Page") ?? 0);
        const wanted = call.query.get("PhoneNumber");
        const found = numbers.of(account_sid).filter(({ phone_number }) => wanted === null || phone_number === wanted);
        const next = (page + 1) * size < found.length;
        return json(200, {
          incoming_phone_numbers: found.slice(page * size, (page + 1) * size).map(shown),
          page,
          page_size: size,
          next_page_uri: next ? `${call.path}?PageSize=${size}&Page=${page + 1}` : null,
        });
      },
    ),

    twilioRoute(
      accounts,
      "POST",
      new RegExp(String.raw`${base}/IncomingPhoneNumbers/(PN\w+)\.json$`),
      (call, { account_sid }, [sid = ""]) => {
        const number = numbers.bySid(sid);
        if (number?.account_sid !== account_sid) return twilioError(20404);
        const form = new URLSearchParams(call.bytes.toString("utf8"));
        const [sms_url, voice_url] = [form.get("SmsUrl"), form.get("VoiceUrl")];
        const changed = { ...number, ...(sms_url !== null && { sms_url }), ...(voice_url !== null && { voice_url }) };
        numbers.add(changed);
        return { ...json(200, shown(changed)), recorded: Object.fromEntries(form) };
      },
    ),

    twilioRoute(
      accounts,
      "GET",
      new RegExp(String.raw`${base}/Messages/\w+/Media/ME\w+$`),
      () => ({ status: 200, headers: { "content-type": "image/png" }, body: FILE }),
      "media",
    ),
  ];
}

function shown(number: TwilioNumber): Record<string, unknown> {
  const { phone_number, account_sid, sms_url = "", voice_url = "", friendly_name = phone_number } = number;
  return {
    sid: sidOf(number),
    account_sid,
    phone_number,
    friendly_name,
    capabilities: number.capabilities ?? { voice: true, sms: true, mms: true },
    sms_url,
    sms_method: "POST",
    sms_application_sid: "",
    voice_url,
    voice_method: "POST",
    status_callback: "",
  };
}
