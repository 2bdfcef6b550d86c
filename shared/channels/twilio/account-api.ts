import * as z from "zod";
import { askProvider } from "../../http/ask-provider.ts";
import type { AskOptions, ProviderAnswer } from "../../http/ask-provider.ts";
import { refused, unknown } from "../key-check.ts";

export interface TwilioAccess extends AskOptions {
  /** Base URL with version, such as `https://api.twilio.com/2010-04-01`. */
  twilio_url: string;
  account_sid: string;
  auth_token: string;
}

/**
 * One request about an account to Twilio's management interface. Never throws.
 * @param path under the account, such as `/IncomingPhoneNumbers.json`; or a `next_page_uri` of Twilio's
 */
export function askTwilio(
  { twilio_url, account_sid, auth_token, ...options }: TwilioAccess,
  path: string,
  form?: URLSearchParams,
): Promise<ProviderAnswer> {
  const account = `/Accounts/${account_sid}`;
  const base = new URL(twilio_url);
  const url = path.startsWith(`${base.pathname}${account}/`) ? base.origin + path : twilio_url + account + path;
  const headers = { authorization: `Basic ${btoa(`${account_sid}:${auth_token}`)}` };
  return askProvider({ method: form ? "POST" : "GET", url, headers, body: form, secret: auth_token }, options);
}

const failure = z.object({ code: z.number(), message: z.string() });

/** Twilio's own words for a refusal: `401, code 20003: Authenticate`. */
export function twilioReason(status: number, body: unknown): string {
  const error = failure.safeParse(body).data;
  return error ? `${status}, code ${error.code}: ${error.message}` : String(status);
}

/** What an answer that is not the wanted one says of the credentials. */
export function notTaken(answer: ProviderAnswer): ReturnType<typeof refused> | ReturnType<typeof unknown> {
  if (!answer.answered) return unknown(`Twilio did not answer: ${answer.reason}.`);
  const why = twilioReason(answer.status, answer.body);
  if (answer.status === 401 || answer.status === 404) {
    return refused(
      `Twilio does not know this account SID with this auth token (${why}). Copy both anew from the console.`,
    );
  }
  return unknown(`Twilio gave an answer that we do not understand (${why}).`);
}
