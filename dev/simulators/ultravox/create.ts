import type { Route } from "../server/http.ts";
import { createUltravoxAccountRoutes } from "./account-routes.ts";
import { createUltravoxAccounts } from "./accounts.ts";
import type { UltravoxAccounts } from "./accounts.ts";

export interface UltravoxOptions {
  /** API keys of the accounts that there are from the start. */
  api_keys?: string[];
}

export interface Ultravox {
  accounts: UltravoxAccounts;
  routes: Route[];
}

/** The Ultravox API (`/api`) in memory. */
export function createUltravox({ api_keys = [] }: UltravoxOptions = {}): Ultravox {
  const accounts = createUltravoxAccounts(api_keys);
  return { accounts, routes: createUltravoxAccountRoutes(accounts) };
}
