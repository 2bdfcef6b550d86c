import { askTwilio, twilioReason } from "./account-api.ts";
import type { TwilioAccess } from "./account-api.ts";

/**
 * Has a number's messages posted to `url`. An application on the number would go before the address, so it is taken off
 * (Twilio, "IncomingPhoneNumber resource"). Null when done, else why not.
 */
export async function pointNumber(access: TwilioAccess, number_sid: string, url: string): Promise<string | null> {
  const form = new URLSearchParams({ SmsUrl: url, SmsMethod: "POST", SmsApplicationSid: "" });
  const answer = await askTwilio(access, `/IncomingPhoneNumbers/${number_sid}.json`, form);
  if (!answer.answered) return `Twilio did not answer: ${answer.reason}.`;
  return answer.status === 200 ? null : `Twilio refused it (${twilioReason(answer.status, answer.body)}).`;
}
