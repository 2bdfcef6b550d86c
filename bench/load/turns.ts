import { openConnection, requestOf } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { drive } from "./post.ts";
import type { LoadResult, PostPlan } from "./post.ts";
import type { Arrival, Provider } from "./provider.ts";
import { buildWebhooks } from "./webhooks.ts";

export interface TurnResult extends LoadResult {
  arrivals: Arrival[];
}

export interface TurnRound {
  run(given: { callers: number; seconds: number }): Promise<TurnResult>;
}

/** A turn that takes longer has got lost. */
const PATIENCE_MS = 15_000;

/**
 * Whole turns: a caller posts a customer's line and waits until the reply to that customer reaches the provider, then
 * takes the next customer. The latency is from the webhook's first byte to that moment.
 */
export function prepareTurns(plan: PostPlan, provider: Provider): TurnRound {
  const webhooks = [...buildWebhooks(plan)];
  const turns = webhooks.map((webhook) => ({ request: requestOf(plan.url, webhook), to: webhook.wa_id })).values();
  return {
    async run({ callers, seconds }) {
      const connections = await Promise.all(Array.from({ length: callers }, () => openConnection(plan.url)));
      const arrivals: Arrival[] = [];
      const take =
        (connection: Connection) =>
        async ({ request, to }: { request: Buffer; to: string }) => {
          const arrival = provider.expect(to);
          const status = await connection.ask(request);
          if (status !== 200) throw new Error(`status ${status}`);
          arrivals.push(await within(PATIENCE_MS, arrival));
        };
      const result = await drive(turns, connections.map(take), seconds);
      for (const connection of connections) connection.close();
      return { ...result, arrivals };
    },
  };
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no reply within ${ms} ms`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
