import type { InboundInput } from "../../dev/simulators/index.ts";
import type { Rig } from "./rig.ts";

export interface TrafficOptions {
  /** Webhooks a second, sent at their moments whether or not the ones before were answered. */
  rate: number;
  seconds: number;
  /** Customers of each tenant. */
  customers: number;
}

export interface Traffic {
  /** Ids of all messages that customers sent. */
  ids: string[];
  /** How often each status was the first answer to a webhook; 0 for none. */
  answers: Record<number, number>;
  /** Milliseconds that the slowest answer took. */
  slowest_ms: number;
}

const EVERY = { repeated: 20, stranger: 25 };

/**
 * Customers who write at a steady pace. Every twentieth webhook is delivered twice at once, and every twenty-fifth is for
 * a number that nobody has, which must end in quarantine.
 */
export async function sendTraffic(rig: Rig, { rate, seconds, customers }: TrafficOptions): Promise<Traffic> {
  const traffic: Traffic = { ids: [], answers: {}, slowest_ms: 0 };
  const pending: Promise<void>[] = [];
  const started = performance.now();
  for (let n = 1; n <= rate * seconds; n++) {
    const wait = started + (n * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    pending.push(deliver(rig, messageOf(rig, n, customers), traffic));
  }
  await Promise.all(pending);
  return traffic;
}

function messageOf({ tenants }: Rig, n: number, customers: number): InboundInput {
  const person = n % (tenants.length * customers);
  const tenant = tenants[person % tenants.length];
  return {
    from: `+4915${String(person).padStart(9, "0")}`,
    to: n % EVERY.stranger === 0 ? `9${tenant?.phone_number_id}` : tenant?.phone_number_id,
    text: `line ${n} of the day`,
    copies: n % EVERY.repeated === 0 ? 2 : 1,
  };
}

async function deliver({ simulators }: Rig, message: InboundInput, traffic: Traffic): Promise<void> {
  const started = performance.now();
  const { id, statuses } = await simulators.api.inbound(message);
  traffic.slowest_ms = Math.max(traffic.slowest_ms, performance.now() - started);
  if (id !== null) traffic.ids.push(id);
  for (const status of statuses) traffic.answers[status] = (traffic.answers[status] ?? 0) + 1;
}
