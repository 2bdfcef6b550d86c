import type { InboundInput, InboundResult } from "../meta/inbound.ts";
import type { FaultBook } from "../server/fault-book.ts";
import type { Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { createTelnyxAccountRoutes, telnyxRoute } from "./account-routes.ts";
import { createTelnyxAccounts } from "./accounts.ts";
import type { TelnyxAccounts } from "./accounts.ts";
import { createTelnyxInbound } from "./inbound.ts";
import { createTelnyxCalls } from "./calls.ts";
import type { TelnyxCalls } from "./calls.ts";
import type { UltravoxCalls } from "../ultravox/calls.ts";
import { createBlocks } from "../server/blocks.ts";
import { createTelnyxMessages } from "./messages.ts";
import { createTelnyxNumbers } from "./numbers.ts";
import type { TelnyxNumber, TelnyxNumbers } from "./numbers.ts";
import { createTelnyxProvisioning } from "./provisioning.ts";
import { createTelnyxStatuses } from "./statuses.ts";
import type { TelnyxDelays } from "./statuses.ts";
import { createTelnyxWebhooks } from "./webhooks.ts";

export interface TelnyxOptions {
  /** API keys of the accounts that there are from the start. */
  api_keys?: string[];
  /** The first one is written to when nothing else is said. */
  numbers?: TelnyxNumber[];
  /** Milliseconds from acceptance to each webhook about a message. */
  status_delays_ms?: Partial<TelnyxDelays>;
  /** Waits before each further try of a webhook that was not answered with 2xx. */
  webhook_retries_ms?: number[];
  /** Messages a second that one account may send before 10011. */
  throughput?: number;
  /** Milliseconds until somebody who is called answers. */
  ring_ms?: number;
}

export interface TelnyxDependencies {
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
  /** Whom calls are joined to. */
  agents: () => Pick<UltravoxCalls, "join" | "leave">;
}

export interface Telnyx {
  calls: TelnyxCalls;
  accounts: TelnyxAccounts;
  numbers: TelnyxNumbers;
  routes: Route[];
  inbound: (input: InboundInput) => Promise<InboundResult>;
}

/** Telnyx gives a webhook two seconds, and three tries. */
const WEBHOOK_TIMEOUT_MS = 2_000;
const WEBHOOK_RETRIES_MS = [500, 2_000];

/** The file of every simulated MMS. */
const sample = () => ({ status: 200, headers: { "content-type": "image/gif" }, body: "GIF89a" });

/** The Telnyx API (`/v2`) in memory. */
export function createTelnyx(options: TelnyxOptions = {}, dependencies: TelnyxDependencies): Telnyx {
  const { faults, timers, clock } = dependencies;
  const accounts = createTelnyxAccounts(options.api_keys);
  const numbers = createTelnyxNumbers(options.numbers);
  const blocks = createBlocks();
  const webhooks = createTelnyxWebhooks({
    ...dependencies,
    retries_ms: options.webhook_retries_ms ?? WEBHOOK_RETRIES_MS,
    timeout_ms: WEBHOOK_TIMEOUT_MS,
  });
  const delays = { sent: 50, finalized: 300, ...options.status_delays_ms };
  const statuses = createTelnyxStatuses({ webhooks, faults, timers, clock, delays });
  const messages = createTelnyxMessages({ numbers, blocks, statuses, clock, throughput: options.throughput ?? 50 });
  const ring_ms = options.ring_ms ?? 200;
  const calls = createTelnyxCalls({ ...dependencies, accounts, numbers, webhooks, ring_ms });
  return {
    accounts,
    numbers,
    calls,
    routes: [
      ...calls.routes,
      ...createTelnyxAccountRoutes(accounts),
      ...createTelnyxProvisioning(accounts, numbers),
      telnyxRoute(accounts, "POST", /^\/v2\/messages$/, messages, "send"),
      // open to whoever knows the address, as Telnyx's own are
      { ...telnyxRoute(accounts, "GET", /^\/v2\/sample\.gif$/, sample, "media"), handle: sample },
    ],
    inbound: createTelnyxInbound({ accounts, numbers, blocks, webhooks, clock }),
  };
}
