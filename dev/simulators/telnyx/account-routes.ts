import { json } from "../server/http.ts";
import type { Call, Reply, Route } from "../server/http.ts";
import type { TelnyxAccount, TelnyxAccounts } from "./accounts.ts";
import { telnyxError } from "./errors.ts";

export type TelnyxHandler = (call: Call, account: TelnyxAccount) => Reply | Promise<Reply>;

/** A route that only the holder of an API key reaches. */
export function telnyxRoute(
  accounts: TelnyxAccounts,
  method: string,
  pattern: RegExp,
  handle: TelnyxHandler,
  operation: Route["operation"] = "other",
): Route {
  return {
    provider: "telnyx",
    operation,
    method,
    pattern,
    handle(call) {
      const [, token = ""] = /^Bearer (.+)$/.exec(call.headers.authorization ?? "") ?? [];
      const account = accounts.find(token);
      return account ? handle(call, account) : telnyxError("10009");
    },
    fail: (value = "10015") => telnyxError(String(value)),
  };
}

/** Whose key it is, and what webhooks of the account are verified with. */
export function createTelnyxAccountRoutes(accounts: TelnyxAccounts): Route[] {
  return [
    telnyxRoute(accounts, "GET", /^\/v2\/whoami$/, (_, { organization_id }) =>
      json(200, { data: { record_type: "whoami", organization_id, user_id: organization_id } }),
    ),
    telnyxRoute(accounts, "GET", /^\/v2\/public_key$/, (_, { public_key }) =>
      json(200, { data: { record_type: "public_key", public: public_key } }),
    ),
  ];
}
