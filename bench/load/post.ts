import { openConnection, requestOf } from "./connection.ts";
import { buildWebhooks } from "./webhooks.ts";
import type { WebhookPlan } from "./webhooks.ts";

/** What came of a round of calls. */
export interface LoadResult {
  /** Calls that were answered well. */
  answered: number;
  /** Calls by any other status or error. */
  failures: Record<string, number>;
  elapsed_ms: number;
  /** One a call that was answered well. */
  latencies_ms: number[];
}

export interface PostPlan extends WebhookPlan {
  /** Where the webhooks go, path included. */
  url: string;
  /** Begin anew when all have been sent: for a Worker that stores nothing. */
  endless: boolean;
}

/** A round that is built and waits to be run. */
export interface Round {
  /**
   * Every caller has one call under way, until the time is over or all calls are made. Run again, it goes on with the
   * calls that are left.
   */
  run(given: { callers: number; seconds: number }): Promise<LoadResult>;
}

/** Builds all requests of a round before it begins. */
export function preparePosts(plan: PostPlan): Round {
  const built = [...buildWebhooks(plan)].map((webhook) => requestOf(plan.url, webhook));
  const requests = plan.endless ? endless(built) : built.values();
  return {
    async run({ callers, seconds }) {
      const connections = await Promise.all(Array.from({ length: callers }, () => openConnection(plan.url)));
      const calls = connections.map((connection) => async (request: Buffer) => {
        const status = await connection.ask(request);
        if (status !== 200) throw new Error(`status ${status}`);
      });
      const result = await drive(requests, calls, seconds);
      for (const connection of connections) connection.close();
      return result;
    },
  };
}

function* endless<Item>(items: Item[]): Generator<Item> {
  while (items.length > 0) yield* items;
}

/**
 * Works `queue` off in order, with as many under way as there are callers, until the time is over.
 * @param now milliseconds
 */
export async function drive<Item>(
  queue: Iterator<Item>,
  callers: ((item: Item) => Promise<unknown>)[],
  seconds: number,
  now: () => number = () => performance.now(),
): Promise<LoadResult> {
  const latencies_ms: number[] = [];
  const failures: Record<string, number> = {};
  const started = now();
  const end = started + seconds * 1000;
  const work = async (call: (item: Item) => Promise<unknown>) => {
    for (;;) {
      const before = now();
      if (before >= end) return;
      const item = queue.next();
      if (item.done) return;
      try {
        await call(item.value);
        latencies_ms.push(now() - before);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures[reason] = (failures[reason] ?? 0) + 1;
      }
    }
  };
  await Promise.all(callers.map(work));
  return { answered: latencies_ms.length, failures, elapsed_ms: now() - started, latencies_ms };
}
