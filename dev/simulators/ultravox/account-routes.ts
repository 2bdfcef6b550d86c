import { json } from "../server/http.ts";
import type { Call, Reply, Route } from "../server/http.ts";
import type { UltravoxAccount, UltravoxAccounts } from "./accounts.ts";

/** Ultravox says what is wrong in one sentence. */
export function ultravoxError(status: number, detail: string): Reply {
  return json(status, { detail });
}

/** A route that only the holder of an API key reaches. A fault names the HTTP status. */
export function ultravoxRoute(
  accounts: UltravoxAccounts,
  method: string,
  pattern: RegExp,
  handle: (call: Call, account: UltravoxAccount) => Reply | Promise<Reply>,
  operation: Route["operation"] = "other",
): Route {
  return {
    provider: "ultravox",
    operation,
    method,
    pattern,
    handle(call) {
      const account = accounts.find(call.headers["x-api-key"]?.toString() ?? "");
      return account ? handle(call, account) : ultravoxError(403, "Authentication credentials were not provided.");
    },
    fail: (value = 500) => ultravoxError(Number(value), "The request failed."),
  };
}

export function createUltravoxAccountRoutes(accounts: UltravoxAccounts): Route[] {
  return [
    ultravoxRoute(accounts, "GET", /^\/api\/accounts\/me$/, (_, { accountId, name }) =>
      json(200, {
        accountId,
        name,
        billingUrl: "https://app.ultravox.ai/billing",
        freeTimeUsed: "0s",
        freeTimeRemaining: "1800s",
        hasActiveSubscription: true,
        subscriptionTier: "PAYGO",
      }),
    ),
  ];
}
