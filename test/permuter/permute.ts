import type { ProviderEvent } from "../../shared/channels/events.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { createTenant } from "../factories/tenant.ts";
import { deliveries } from "./orders.ts";
import type { Delivery } from "./orders.ts";
import { asGiven, placeAt } from "./place.ts";
import type { Given } from "./place.ts";
import { finalState } from "./state.ts";
import type { FinalState } from "./state.ts";

export interface PermuteOptions {
  /** Decides the repetitions, the cuts between bodies and, of more than six events, the orders. */
  seed: number;
  /** How many orders of more than six events to try. */
  runs: number;
}

/** Deliveries under way at a time, each at a tenant of its own. */
const AT_ONCE = 6;

/** Two deliveries of the same events have led to different rows. */
export class Diverged extends Error {
  override readonly name = "Diverged";
}

/**
 * Delivers events in every order and repetition (see `deliveries`), each time to a tenant of its own, and compares what
 * is in the tables at the end with what the given order, one by one, leads to.
 * @throws Diverged with the seed, the delivery as a list of bodies, and the rows that differ
 */
export async function permute(exec: Exec, given: Given[], options: PermuteOptions): Promise<FinalState> {
  const expected = await outcome(
    exec,
    given,
    given.map((_, i) => [i]),
  );
  const queue = deliveries(given.length, options).values();
  const worker = async () => {
    for (const delivery of queue) {
      const found = await outcome(exec, given, delivery);
      const difference = differences(expected, found);
      if (difference.length > 0) throw new Diverged(complaint(options.seed, delivery, difference));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return expected;
}

async function outcome(exec: Exec, given: Given[], delivery: Delivery): Promise<FinalState> {
  const tenant = await createTenant(exec);
  const placed = await placeAt(tenant, given);
  for (const body of delivery) {
    const events: ProviderEvent[] = body.flatMap((i) => placed[i] ?? []);
    await ingest(exec, { provider: "meta", received_at: Date.now(), events });
  }
  const state: FinalState = JSON.parse(asGiven(tenant, JSON.stringify(await finalState(exec, tenant))));
  return state;
}

/** Rows that only one of the two has, by table. */
function differences(expected: FinalState, found: FinalState): string[] {
  return Object.keys(expected).flatMap((table) => {
    const [before, after] = [expected, found].map((state) => (state[table] ?? []).map((row) => JSON.stringify(row)));
    if (!before || !after || before.join() === after.join()) return [];
    return [
      ...before.filter((row) => !after.includes(row)).map((row) => `${table} expected ${row}`),
      ...after.filter((row) => !before.includes(row)).map((row) => `${table} found    ${row}`),
    ];
  });
}

function complaint(seed: number, delivery: Delivery, difference: string[]): string {
  return [`seed ${seed}, bodies ${JSON.stringify(delivery)}:`, ...difference].join("\n");
}
