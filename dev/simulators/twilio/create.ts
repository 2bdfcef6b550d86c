import type { InboundInput, InboundResult } from "../meta/inbound.ts";
import type { FaultBook } from "../server/fault-book.ts";
import type { Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { createTwilioAccountRoutes } from "./account-routes.ts";
import { createTwilioAccounts } from "./accounts.ts";
import type { TwilioAccount, TwilioAccounts } from "./accounts.ts";
import { createBlocks } from "../server/blocks.ts";
import { createTwilioInbound } from "./inbound.ts";
import { createTwilioMessages } from "./messages.ts";
import { createTwilioNumbers } from "./numbers.ts";
import type { TwilioNumber, TwilioNumbers } from "./numbers.ts";
import { twilioRoute } from "./route.ts";
import { createTwilioStatuses } from "./statuses.ts";
import type { TwilioDelays } from "./statuses.ts";
import { createTwilioWebhooks } from "./webhooks.ts";

export interface TwilioOptions {
  accounts?: TwilioAccount[];
  numbers?: TwilioNumber[];
  status_delays_ms?: Partial<TwilioDelays>;
  webhook_retry_ms?: number;
  /** Requests a second and account. */
  throughput?: number;
}

export interface TwilioDependencies {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
}

export interface Twilio {
  accounts: TwilioAccounts;
  numbers: TwilioNumbers;
  routes: Route[];
  inbound: (input: InboundInput) => Promise<InboundResult>;
}

/** Twilio gives a webhook fifteen seconds. */
const WEBHOOK_TIMEOUT_MS = 15_000;

/** Twilio's REST API (`/2010-04-01`) in memory: messages, their callbacks, numbers. */
export function createTwilio(options: TwilioOptions = {}, dependencies: TwilioDependencies): Twilio {
  const { faults, timers, clock } = dependencies;
  const accounts = createTwilioAccounts(options.accounts);
  const numbers = createTwilioNumbers(options.numbers);
  const blocks = createBlocks();
  const webhooks = createTwilioWebhooks({
    ...dependencies,
    retry_ms: options.webhook_retry_ms ?? 500,
    timeout_ms: WEBHOOK_TIMEOUT_MS,
  });
  const delays = { sent: 50, delivered: 300, ...options.status_delays_ms };
  const statuses = createTwilioStatuses({ webhooks, faults, timers, delays });
  const messages = createTwilioMessages({ numbers, blocks, statuses, clock, throughput: options.throughput ?? 100 });
  return {
    accounts,
    numbers,
    routes: [
      twilioRoute(accounts, "POST", /^\/2010-04-01\/Accounts\/(AC\w+)\/Messages\.json$/, messages, "send"),
      ...createTwilioAccountRoutes(accounts, numbers),
    ],
    inbound: createTwilioInbound({ accounts, numbers, blocks, webhooks }),
  };
}
