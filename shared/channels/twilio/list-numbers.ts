import * as z from "zod";
import type { KeyCheck } from "../key-check.ts";
import { unknown } from "../key-check.ts";
import { askTwilio, notTaken } from "./account-api.ts";
import type { TwilioAccess } from "./account-api.ts";

export interface OwnNumber {
  /** `PN` and 32 hexadecimal digits. */
  sid: string;
  /** E.164. */
  phone_number: string;
  friendly_name: string;
  capabilities: { voice: boolean; sms: boolean; mms: boolean };
}

const can = z.boolean().catch(false);
const page = z.object({
  incoming_phone_numbers: z.array(
    z.object({
      sid: z.string().regex(/^PN\w+$/),
      phone_number: z.string(),
      friendly_name: z.string().catch(""),
      capabilities: z.object({ voice: can, sms: can, mms: can }),
    }),
  ),
  next_page_uri: z.string().nullish(),
});

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

/** The account's numbers, all pages of them. */
export async function listNumbers(access: TwilioAccess): Promise<KeyCheck<OwnNumber[]>> {
  const numbers: OwnNumber[] = [];
  let path: string | null | undefined = `/IncomingPhoneNumbers.json?PageSize=${PAGE_SIZE}`;
  for (let n = 0; path; n++) {
    if (n === MAX_PAGES)
      return unknown(`Twilio lists more than ${MAX_PAGES * PAGE_SIZE} numbers. Name those you want.`);
    const answer = await askTwilio(access, path);
    const found = answer.answered && answer.status === 200 ? page.safeParse(answer.body).data : undefined;
    if (!found) return notTaken(answer);
    numbers.push(...found.incoming_phone_numbers);
    path = found.next_page_uri;
  }
  return { ok: true, account: numbers };
}
