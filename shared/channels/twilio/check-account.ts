import * as z from "zod";
import { refused } from "../key-check.ts";
import type { KeyCheck } from "../key-check.ts";
import { askTwilio, notTaken } from "./account-api.ts";
import type { TwilioAccess } from "./account-api.ts";

const account = z.object({ sid: z.string(), status: z.string() });

/** Whether the token is the account's and the account in service, by asking Twilio (`GET /Accounts/{AC}.json`). */
export async function checkTwilioAccount(access: TwilioAccess): Promise<KeyCheck<{ account_sid: string }>> {
  const answer = await askTwilio(access, ".json");
  const found = answer.answered && answer.status === 200 ? account.safeParse(answer.body).data : undefined;
  if (!found) return notTaken(answer);
  if (found.status !== "active") return refused(`Twilio says that this account is ${found.status}.`);
  return { ok: true, account: { account_sid: found.sid } };
}
