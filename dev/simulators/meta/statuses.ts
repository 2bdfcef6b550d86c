import { DELIVERY_KINDS } from "../server/fault-book.ts";
import type { FaultBook, Strike } from "../server/fault-book.ts";
import type { Timers } from "../server/timers.ts";
import { contactOf, envelope } from "./envelope.ts";
import { statusError } from "./errors.ts";
import { toMetaJson } from "./escape.ts";
import type { BusinessNumber } from "./numbers.ts";
import type { Memory } from "./memory.ts";
import type { Person } from "./people.ts";
import { planStatuses } from "./status-plan.ts";
import type { StatusDelays, StatusStep } from "./status-plan.ts";
import { untilAcknowledged } from "./webhook-sender.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** An accepted message whose fate is now reported. */
export interface SentMessage {
  id: string;
  number: BusinessNumber;
  person: Person;
  /** `service` for free-form messages, else the template's category. */
  category: string;
  is_reaction: boolean;
  biz_opaque_callback_data: string | undefined;
  /** Unix milliseconds of acceptance. */
  accepted_at: number;
}

export interface StatusReporter {
  /** The delivery faults that hit this send, to be given to `report`. */
  strike(): Strike[];
  /** Schedules the status webhooks; resolves once those that must precede the send's own answer were answered. */
  report(message: SentMessage, strikes: Strike[]): Promise<void>;
  /** Delivers what an earlier run still owed. */
  resume(): void;
}

export interface StatusReporterOptions {
  sender: WebhookSender;
  faults: FaultBook;
  timers: Timers;
  memory: Memory;
  delays: StatusDelays;
  retries_ms: readonly number[];
  clock: () => number;
}

/** Reports what became of sent messages: sent, delivered, read, each in a webhook of its own. */
export function createStatusReporter(options: StatusReporterOptions): StatusReporter {
  const { faults, timers, memory } = options;
  const schedule = (message: SentMessage, steps: StatusStep[]) => {
    for (const step of steps) timers.later(step.delay_ms, () => void deliver(message, step, options));
  };
  return {
    strike: () => faults.strike("meta", ["send", "status"], DELIVERY_KINDS),
    async report(message, strikes) {
      const failure = faults.strike("meta", ["status"], ["error"])[0];
      const plan = planStatuses({
        is_reaction: message.is_reaction,
        accepted_at: message.accepted_at,
        delays: options.delays,
        strikes,
        failure: failure && Number(failure.value ?? 131000),
      });
      if (plan.length > 0) memory.append({ kind: "sent", message, plan });
      schedule(
        message,
        plan.filter((step) => !step.early),
      );
      await Promise.all(plan.filter((step) => step.early).map((step) => deliver(message, step, options)));
    },
    resume() {
      const now = options.clock();
      for (const { message, plan } of memory.owed) {
        schedule(
          message,
          plan.map((step) => Object.assign(step, { delay_ms: Math.max(0, step.at - now) })),
        );
      }
    },
  };
}

async function deliver(message: SentMessage, step: StatusStep, options: StatusReporterOptions): Promise<void> {
  const bytes = toMetaJson(statusBody(message, step));
  const told = await untilAcknowledged(() => attempt(bytes, options), options.retries_ms, options.timers);
  if (told) options.memory.append({ kind: "reported", id: message.id, status: step.status });
}

/** One try, seen through the faults on `status`: a lost webhook, or an answer that Meta did not get to see. */
async function attempt(bytes: string, { sender, faults, timers }: StatusReporterOptions): Promise<number> {
  const strikes = faults.strike("meta", ["status"], ["drop_request", "drop_response", "delay", "status"]);
  const has = (kind: Strike["kind"]) => strikes.find((strike) => strike.kind === kind);
  const delay = has("delay");
  if (delay) await timers.sleep(Number(delay.value ?? 1000));
  if (has("drop_request")) return 0;
  const answer = await sender.post(bytes);
  if (has("drop_response")) return 0;
  return Number(has("status")?.value ?? answer.status);
}

function statusBody(message: SentMessage, step: StatusStep): unknown {
  const { person } = message;
  const priced = step.status === "sent" || step.status === "delivered";
  const service = message.category === "service";
  return envelope(message.number, {
    ...(step.status !== "failed" && { contacts: [contactOf(person)] }),
    statuses: [
      {
        id: message.id,
        status: step.status,
        timestamp: String(Math.floor(step.at / 1000)),
        ...(person.wa_id !== null && { recipient_id: person.wa_id }),
        recipient_user_id: person.user_id,
        ...(message.biz_opaque_callback_data !== undefined && {
          biz_opaque_callback_data: message.biz_opaque_callback_data,
        }),
        ...(priced && {
          pricing: {
            billable: !service,
            pricing_model: "PMP",
            type: service ? "free_customer_service" : "regular",
            category: message.category,
          },
        }),
        ...(step.error_code !== undefined && { errors: [statusError(step.error_code)] }),
      },
    ],
  });
}
