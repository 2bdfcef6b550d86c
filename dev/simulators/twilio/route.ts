import type { Call, Reply, Route } from "../server/http.ts";
import type { TwilioAccount, TwilioAccounts } from "./accounts.ts";
import { twilioError } from "./errors.ts";

/** `rest`: groups of the pattern after the account's. */
export type TwilioHandler = (call: Call, account: TwilioAccount, rest: string[]) => Reply | Promise<Reply>;

/**
 * A route under an account's address, which only the holder of its token reaches.
 * @param pattern its first group is the account
 */
export function twilioRoute(
  accounts: TwilioAccounts,
  method: string,
  pattern: RegExp,
  handle: TwilioHandler,
  operation: Route["operation"] = "other",
): Route {
  return {
    provider: "twilio",
    operation,
    method,
    pattern,
    handle(call) {
      const [account_sid = "", ...rest] = call.params;
      const account = accounts.find(account_sid);
      const given = call.headers.authorization;
      if (!account || given !== basic(account)) return twilioError(20003);
      return handle(call, account, rest);
    },
    fail: (value = 20500) => twilioError(Number(value)),
  };
}

function basic({ account_sid, auth_token }: TwilioAccount): string {
  return `Basic ${Buffer.from(`${account_sid}:${auth_token}`).toString("base64")}`;
}
