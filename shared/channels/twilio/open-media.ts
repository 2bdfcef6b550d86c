import { allowedUrl } from "../../media/allowed-url.ts";
import { failed, fileIn, lost } from "../../media/open.ts";
import type { OpenedMedia } from "../../media/open.ts";
import type { TwilioCredentials, TwilioOptions } from "./send.ts";

/** Where Twilio sends whoever may read a file; it is told so by Twilio's own answer, and gets no credentials. */
const STORES: readonly string[] = [".twiliocdn.com", ".amazonaws.com"];
const DEFAULT_URL = "https://api.twilio.com/2010-04-01";
const DEFAULT_TIMEOUT_MS = 120_000;

/**
 * The file at a `MediaUrl` of a verified webhook. The token goes to the account's own files at Twilio's API and nowhere
 * else; the redirect to where the bytes lie is followed once, without it (F23). Never throws.
 */
export async function openMedia(
  address: string,
  { account_sid, auth_token }: Pick<TwilioCredentials, "account_sid" | "auth_token">,
  { fetch: call = fetch, api_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS }: TwilioOptions = {},
): Promise<OpenedMedia> {
  const url = allowedUrl(address, api_url, []);
  if (url === null || !url.pathname.startsWith(`${new URL(api_url).pathname}/Accounts/${account_sid}/`)) {
    return failed("address is not one of the account's files at Twilio", false);
  }
  if (!/^[\x21-\x7e]+$/.test(auth_token)) return failed("auth token is unusable", false);
  const init = { redirect: "manual", signal: AbortSignal.timeout(timeout_ms) } as const;
  try {
    const headers = { authorization: `Basic ${btoa(`${account_sid}:${auth_token}`)}` };
    let answer = await call(url.href, { ...init, headers });
    const location = answer.headers.get("location");
    if (answer.status >= 300 && answer.status < 400 && location !== null) {
      await answer.body?.cancel();
      const store = URL.canParse(location, url) ? new URL(location, url).href : "";
      const target = allowedUrl(store, api_url, STORES);
      if (target === null) return failed("file: redirected to a host that is not Twilio's", false);
      answer = await call(target.href, init);
    }
    return await fileIn(answer, { declared_type: answer.headers.get("content-type"), sha256: null });
  } catch (error) {
    return lost(error);
  }
}
