import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../dev/simulators/server/random.ts";
import { openConnection, requestOf } from "./connection.ts";
import type { LoadResult, PostPlan } from "./post.ts";
import { buildWebhooks } from "./webhooks.ts";

/** Webhooks at a pace of their own, whether or not those before them were answered. */
export interface Flow extends Omit<PostPlan, "endless"> {
  /** Calls a second on average. */
  rate: number;
  /** Connections: so many calls can be under way at once. */
  callers: number;
  /** The same seed gives the same arrivals. */
  seed: number;
}

/** Flows that are built and wait to be run side by side; run again, each goes on with the calls that are left. */
export interface FlowRound {
  run(given: { seconds: number }): Promise<LoadResult[]>;
}

export function prepareFlows(flows: Flow[]): FlowRound {
  const built = flows.map((flow) => ({
    ...flow,
    random: seededRandom(flow.seed),
    requests: [...buildWebhooks(flow)].map((webhook) => requestOf(flow.url, webhook)).values(),
  }));
  return {
    run: ({ seconds }) =>
      Promise.all(
        built.map(async ({ url, callers, requests, rate, random }) => {
          const connections = await Promise.all(Array.from({ length: callers }, () => openConnection(url)));
          const calls = connections.map((connection) => async (request: Buffer) => {
            const status = await connection.ask(request);
            if (status !== 200) throw new Error(`status ${status}`);
          });
          const result = await pace(requests, calls, { rate, seconds, random });
          for (const connection of connections) connection.close();
          return result;
        }),
      ),
  };
}

type Caller<Item> = (item: Item) => Promise<unknown>;

/** What pacing needs of the clock. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

const REAL: Clock = { now: () => performance.now(), sleep };

/**
 * Makes calls when they are due. One for which no caller is free waits, and its wait belongs to its latency: a server
 * that is slow is not asked less often for it.
 */
export async function pace<Item>(
  queue: Iterator<Item>,
  callers: Caller<Item>[],
  { rate, seconds, random }: { rate: number; seconds: number; random: () => number },
  { now, sleep: pause }: Clock = REAL,
): Promise<LoadResult> {
  const latencies_ms: number[] = [];
  const failures: Record<string, number> = {};
  const idle = [...callers];
  const waiting: ((caller: Caller<Item>) => void)[] = [];

  const make = async (item: Item, began: number) => {
    const caller = idle.pop() ?? (await new Promise<Caller<Item>>((free) => waiting.push(free)));
    try {
      await caller(item);
      latencies_ms.push(now() - began);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures[reason] = (failures[reason] ?? 0) + 1;
    }
    const next = waiting.shift();
    if (next) next(caller);
    else idle.push(caller);
  };

  const started = now();
  const under_way: Promise<void>[] = [];
  for (const at of arrivals(rate, random)) {
    if (at >= seconds * 1000) break;
    for (let early = started + at - now(); early > 0; early = started + at - now()) await pause(early);
    const item = queue.next();
    if (item.done) break;
    under_way.push(make(item.value, now()));
  }
  await Promise.all(under_way);
  return { answered: latencies_ms.length, failures, elapsed_ms: now() - started, latencies_ms };
}

/** Moments from 0, milliseconds, with exponential gaps: as people write who know nothing of one another. */
export function* arrivals(rate: number, random: () => number): Generator<number> {
  let at = 0;
  for (;;) {
    at -= (Math.log(1 - random()) / rate) * 1000;
    yield at;
  }
}
