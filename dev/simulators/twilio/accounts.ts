import { createHmac } from "node:crypto";

/** An account on the simulated Twilio. */
export interface TwilioAccount {
  /** `AC` and 32 hexadecimal digits. */
  account_sid: string;
  auth_token: string;
}

export interface TwilioAccounts {
  /** The same account again replaces its token. */
  add(account: TwilioAccount): void;
  find(account_sid: string): TwilioAccount | undefined;
}

export function createTwilioAccounts(initial: TwilioAccount[] = []): TwilioAccounts {
  const accounts = new Map(initial.map((account) => [account.account_sid, account]));
  return {
    add: (account) => void accounts.set(account.account_sid, account),
    find: (account_sid) => accounts.get(account_sid),
  };
}

/** `X-Twilio-Signature` of a form posted to this address: HMAC-SHA1 over the address and the sorted parameters, in base64. */
export function signatureOf(auth_token: string, url: string, form: URLSearchParams): string {
  const names = [...new Set(form.keys())].toSorted((a, b) => (a < b ? -1 : 1));
  const values = (name: string) => [...new Set(form.getAll(name))].toSorted((a, b) => (a < b ? -1 : 1));
  const text = names.flatMap((name) => values(name).map((value) => name + value)).join("");
  return createHmac("sha1", auth_token)
    .update(url + text)
    .digest("base64");
}
