import type { LoadResult } from "../load/post.ts";
import type { Stack, Target } from "../stack/stack.ts";
import { processorMs } from "./processor.ts";
import type { Sample } from "./sample.ts";
import { percentiles } from "./statistics.ts";

const QUIET_MS = 150;
const QUIET_TICKS_MS = 10;
const MAX_QUIET_TRIES = 200;

/** Long enough for the proxy's connections to exist and Postgres to have planned what it is asked on each of them. */
export const WARM_UP_SECONDS = 1;

export interface Metered<Result> {
  result: Result;
  sample: Sample;
  /** The warm-up's own result: it is not measured, but its messages are stored. */
  warm_up: Result;
}

/**
 * Runs a round and takes the meters before and after: processor by process, SQL requests at the proxy. Work that goes
 * on after the answers belongs to the round, so the second reading waits until it is done.
 * @param units messages or turns a call
 * @param run makes calls for so many seconds; the first time it is the warm-up
 */
export async function meter<Result extends LoadResult>(
  stack: Stack,
  { target, units, seconds }: { target: Target | "postgres"; units: number; seconds: number },
  run: (seconds: number) => Promise<Result>,
): Promise<Metered<Result>> {
  const warm_up = await run(WARM_UP_SECONDS);
  await untilQuiet(stack, target);
  const before = await read(stack, target);
  const result = await run(seconds);
  await untilQuiet(stack, target);
  const after = await read(stack, target);
  const done = result.answered * units;
  return {
    result,
    warm_up,
    sample: {
      rate: (done / result.elapsed_ms) * 1000,
      latency: percentiles(result.latencies_ms),
      processor: {
        workerd: target === "postgres" ? NaN : (after.workerd - before.workerd) / done,
        proxy: target === "postgres" ? NaN : (after.proxy - before.proxy) / done,
        postgres: (after.postgres - before.postgres) / done,
      },
      sql_calls: target === "postgres" ? NaN : (after.requests - before.requests) / result.answered,
    },
  };
}

async function read(stack: Stack, target: Target | "postgres") {
  const { begun, ended } = await stack.proxy.call("requests");
  return { ...processorMs(pids(stack, target)), requests: begun, under_way: begun - ended };
}

function pids({ workers, proxy, database }: Stack, target: Target | "postgres") {
  const workerd = target === "postgres" ? null : workers[target].pid;
  return { workerd, proxy: proxy.pid, postgres: database.pid };
}

/** No SQL request under way or begun, and workerd idle, for a while. */
async function untilQuiet(stack: Stack, target: Target | "postgres"): Promise<void> {
  for (let tries = 0; tries < MAX_QUIET_TRIES; tries++) {
    const before = await read(stack, target);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const after = await read(stack, target);
    const asked = after.requests > before.requests || after.under_way > 0;
    const busy = after.workerd - before.workerd > QUIET_TICKS_MS; // false where it cannot be seen
    if (!asked && !busy) return;
  }
}
