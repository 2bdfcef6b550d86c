import type { FaultBook } from "../server/fault-book.ts";
import type { Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { createUltravoxAccountRoutes } from "./account-routes.ts";
import { createUltravoxAccounts } from "./accounts.ts";
import type { UltravoxAccounts } from "./accounts.ts";
import { createUltravoxCalls } from "./calls.ts";
import type { UltravoxCalls } from "./calls.ts";

export interface UltravoxOptions {
  /** API keys of the accounts that there are from the start. */
  api_keys?: string[];
  /** Milliseconds between the agent's joining and its leaving. */
  talk_ms?: number;
  webhook_retries_ms?: number[];
}

export interface UltravoxDependencies {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
}

export interface Ultravox {
  accounts: UltravoxAccounts;
  calls: UltravoxCalls;
  routes: Route[];
}

const WEBHOOK_RETRIES_MS = [500, 2_000];

/** The Ultravox API (`/api`) in memory. */
export function createUltravox(options: UltravoxOptions = {}, dependencies: UltravoxDependencies): Ultravox {
  const accounts = createUltravoxAccounts(options.api_keys);
  const calls = createUltravoxCalls({
    ...dependencies,
    accounts,
    talk_ms: options.talk_ms ?? 300,
    webhook_retries_ms: options.webhook_retries_ms ?? WEBHOOK_RETRIES_MS,
  });
  return { accounts, calls, routes: [...createUltravoxAccountRoutes(accounts), ...calls.routes] };
}
