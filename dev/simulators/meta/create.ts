import type { FaultBook } from "../server/fault-book.ts";
import type { Call, Operation, Reply, Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { recallArrivals } from "./arrivals.ts";
import { createAccountRoutes } from "./account-routes.ts";
import { metaError } from "./errors.ts";
import { createInbound } from "./inbound.ts";
import type { InboundInput, InboundResult } from "./inbound.ts";
import { createMediaRoutes } from "./media-routes.ts";
import { createMedia } from "./media.ts";
import { openMemory } from "./memory.ts";
import { createMessages } from "./messages.ts";
import { createNumbers } from "./numbers.ts";
import type { BusinessNumber, Numbers } from "./numbers.ts";
import { createPeople } from "./people.ts";
import { createStatusReporter } from "./statuses.ts";
import type { StatusDelays } from "./status-plan.ts";
import { createTemplates } from "./templates.ts";
import { createWebhookSender } from "./webhook-sender.ts";
import { createWindows } from "./windows.ts";

export interface MetaOptions {
  /** Signs the webhooks. */
  app_secret: string;
  /** The first one is written to when nothing else is said. */
  numbers: BusinessNumber[];
  /** Milliseconds from acceptance to each status webhook; null for a status that never comes. */
  status_delays_ms?: Partial<StatusDelays>;
  /** Waits before each further try of a webhook that was not answered with 200. */
  webhook_retries_ms?: number[];
  webhook_timeout_ms?: number;
  /** Messages a second that one number may send before 130429. */
  throughput?: number;
  /** Where to keep what must outlive the process: open windows and statuses still owed. Kept nowhere when left out. */
  memory_file?: string;
}

export interface MetaDependencies {
  worker_url: () => string;
  base_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
}

export interface Meta {
  routes: Route[];
  numbers: Numbers;
  inbound: (input: InboundInput) => Promise<InboundResult>;
  close(): void;
}

const STATUS_DELAYS_MS: StatusDelays = { sent: 50, delivered: 200, read: 800 };
const WEBHOOK_RETRIES_MS = [250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** The WhatsApp Cloud API in memory. */
export function createMeta(
  options: MetaOptions,
  { worker_url, base_url, faults, timers, clock }: MetaDependencies,
): Meta {
  const retries_ms = options.webhook_retries_ms ?? WEBHOOK_RETRIES_MS;
  const sender = createWebhookSender({
    url: () => `${worker_url()}/webhooks/meta`,
    app_secret: options.app_secret,
    timeout_ms: options.webhook_timeout_ms ?? 10_000,
  });
  const delays = { ...STATUS_DELAYS_MS, ...options.status_delays_ms };
  const memory = openMemory(options.memory_file);
  const statuses = createStatusReporter({ sender, faults, timers, memory, delays, retries_ms, clock });
  const state = {
    numbers: createNumbers(options.numbers),
    people: createPeople(),
    windows: createWindows(),
    media: createMedia(),
    templates: createTemplates(),
    memory,
    clock,
    base_url,
  };
  recallArrivals(state);
  statuses.resume();
  const messages = createMessages({ ...state, statuses, throughput: options.throughput ?? 80 });
  const media = createMediaRoutes(state);
  const account = createAccountRoutes(state);

  const routes = [
    route("POST", /^\/v\d+\.\d+\/(\d+)\/messages$/, sendOrRead, messages),
    route("POST", /^\/v\d+\.\d+\/(\d+)\/media$/, "media", media.upload),
    route("GET", /^\/whatsapp_business\/attachments\/$/, "media", media.download),
    route("GET", /^\/v\d+\.\d+\/(\d+)$/, "media", media.lookUp),
    route("DELETE", /^\/v\d+\.\d+\/(\d+)$/, "media", media.remove),
    route("POST", /^\/v\d+\.\d+\/(\d+)\/subscribed_apps$/, "other", account.subscribe),
    route("GET", /^\/v\d+\.\d+\/(\d+)\/subscribed_apps$/, "other", account.subscriptions),
    route("GET", /^\/v\d+\.\d+\/(\d+)\/message_templates$/, "other", account.listTemplates),
    route("POST", /^\/v\d+\.\d+\/(\d+)\/message_templates$/, "other", account.createTemplate),
    route("POST", /^\/v\d+\.\d+\/(\d+)$/, "other", account.editTemplate),
    route("DELETE", /^\/v\d+\.\d+\/(\d+)\/message_templates$/, "other", account.removeTemplate),
  ];
  return {
    routes,
    numbers: state.numbers,
    inbound: createInbound({ ...state, sender, timers, retries_ms }),
    close() {
      sender.close();
      memory.close();
    },
  };
}

function route(
  method: string,
  pattern: RegExp,
  operation: Route["operation"],
  handle: (call: Call) => Reply | Promise<Reply>,
): Route {
  return { provider: "meta", method, pattern, operation, handle, fail: (value = 131000) => metaError(Number(value)) };
}

/** Marking a message as read shares the path of sending; a fault meant for a send must not be spent on it. */
function sendOrRead({ body }: Call): Operation {
  return typeof body === "object" && body !== null && "status" in body ? "other" : "send";
}
