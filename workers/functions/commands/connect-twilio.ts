import * as z from "zod";
import { checkTwilioAccount } from "../../../shared/channels/twilio/check-account.ts";
import { listNumbers } from "../../../shared/channels/twilio/list-numbers.ts";
import type { OwnNumber } from "../../../shared/channels/twilio/list-numbers.ts";
import { pointNumber } from "../../../shared/channels/twilio/point-number.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { seal } from "../../../shared/vault/seal.ts";
import { E164 } from "../../../shared/phone/e164.ts";
import { command } from "../command.ts";
import { acceptedAccount, credential } from "../integration-view.ts";

interface Connected {
  webhook_url: string;
  channels: { channel_id: string; phone_number: string }[];
}

export const connectTwilio = command({
  name: "connect-twilio",
  description:
    "Connects a workspace to its Twilio account: the token is checked with Twilio and stored sealed, numbers that can text become channels, and Twilio is told to post their messages here. Connecting another account replaces the first.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    business_id: z.uuid(),
    account_sid: z.string().regex(/^AC[0-9a-f]{32}$/, "is AC and 32 hexadecimal digits"),
    auth_token: credential("auth token"),
    webhook_type: z
      .enum(["global", "per-number"])
      .default("global")
      .describe("per-number: the address of the webhooks holds a secret of the workspace"),
    numbers: z
      .array(z.string().regex(E164))
      .min(1)
      .max(500)
      .optional()
      .describe("Of the account's numbers those to use, in E.164; all that can text when left out"),
  }),
  output: z.object({
    business_id: z.uuid(),
    account_sid: z.string(),
    webhook_type: z.enum(["global", "per-number"]),
    numbers: z.array(
      z.object({
        channel_id: z.uuid(),
        phone_number: z.string(),
        /** Null when Twilio posts its messages here, else why it does not. */
        webhook_error: z.string().nullable(),
      }),
    ),
  }),
  example: {
    org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10",
    business_id: "7d3f0e2a-1f4b-4c37-9d63-5a1c2f8e4b90",
    account_sid: `AC${"0".repeat(32)}`,
    auth_token: "0123456789abcdef0123456789abcdef",
  },
  run: async (input, { tools, ask, call, origin }) => {
    const { org_id, business_id, account_sid, auth_token, webhook_type } = input;
    await ask("get_integration_status_v1", { org_id });
    const access = { twilio_url: tools.config.TWILIO_API_URL, account_sid, auth_token };
    acceptedAccount("twilio", await checkTwilioAccount(access));
    const numbers = chosen(acceptedAccount("twilio", await listNumbers(access)), input.numbers);

    const id = crypto.randomUUID();
    const { webhook_url, channels } = await call<Connected>("connect_twilio_v1", {
      org_id,
      business_id,
      id,
      account_sid,
      auth_token: await seal(await tools.vault, { column: "twilio_accounts.auth_token", row: id }, auth_token),
      webhook_type,
      origin,
      numbers,
    });
    const sids = new Map(numbers.map(({ phone_number, sid }) => [phone_number, sid]));
    const pointed = channels.map(async (channel) => ({
      ...channel,
      webhook_error: await pointNumber(access, sids.get(channel.phone_number) ?? "", webhook_url),
    }));
    return { business_id, account_sid, webhook_type, numbers: await Promise.all(pointed) };
  },
});

/** @throws ServiceError invalid_input naming the numbers that the account cannot text from */
function chosen(own: OwnNumber[], wanted: string[] | undefined): OwnNumber[] {
  const able = own.filter(({ capabilities }) => capabilities.sms);
  if (wanted === undefined) return able;
  const missing = wanted.filter((number) => !able.some(({ phone_number }) => phone_number === number));
  if (missing.length > 0) {
    const which = missing.join(", ");
    throw new ServiceError("invalid_input", `No number of this Twilio account that can text: ${which}.`, { missing });
  }
  return able.filter(({ phone_number }) => wanted.includes(phone_number));
}
