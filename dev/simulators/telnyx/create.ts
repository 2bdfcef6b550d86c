import type { Route } from "../server/http.ts";
import { createTelnyxAccountRoutes } from "./account-routes.ts";
import { createTelnyxAccounts } from "./accounts.ts";
import type { TelnyxAccounts } from "./accounts.ts";

export interface TelnyxOptions {
  /** API keys of the accounts that there are from the start. */
  api_keys?: string[];
}

export interface Telnyx {
  accounts: TelnyxAccounts;
  routes: Route[];
}

/** The Telnyx API (`/v2`) in memory. */
export function createTelnyx({ api_keys = [] }: TelnyxOptions = {}): Telnyx {
  const accounts = createTelnyxAccounts(api_keys);
  return { accounts, routes: createTelnyxAccountRoutes(accounts) };
}
