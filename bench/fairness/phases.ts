import type { Tenant } from "../../test/factories/tenant.ts";
import type { Ledger } from "../ingest/ledger.ts";
import type { Flow } from "../load/paced.ts";
import type { LoadResult } from "../load/post.ts";
import { WARM_UP_SECONDS, meter } from "../measure/meter.ts";
import type { Sample } from "../measure/sample.ts";
import type { Stack } from "../stack/stack.ts";
import { addTenant } from "../stack/tenant.ts";

/** Webhooks a second, one message each: the tenant that is looked at, and the one that floods, on its quiet days. */
export const NEIGHBOUR_RATE = 50;
export const OWN_RATE = 4;
/** How many times its rate the other tenant sends when it floods. */
export const FLOOD = 50;

/** People who write to each number in turn; all of them have a conversation before anything is measured. */
const CUSTOMERS = 1_000;
const BATCH = 100;
const CONNECTIONS = 64;
const AN_HOUR_S = 3_600;

export interface Phase {
  /** How many times its own rate the other tenant sends. */
  factor: number;
  seconds: number;
  /** The same round has the same arrivals. */
  round: number;
}

/** Two tenants of one Worker. Measures the neighbour's acknowledgements; the processor columns are of all messages. */
export async function createPhases(stack: Stack, ledger: Ledger): Promise<(phase: Phase) => Promise<Sample>> {
  const settings = { ai_enabled: false, delay_seconds: AN_HOUR_S };
  const neighbour = await addTenant(stack, settings);
  const flooding = await addTenant(stack, settings);
  for (const tenant of [neighbour, flooding]) await introduce(stack, tenant);
  let phases = 0;

  return async ({ factor, seconds, round }) => {
    phases++;
    const flow = (tenant: Tenant, name: string, rate: number, seed: number): Flow => ({
      ...webhooksTo(stack, tenant, `wamid.fair.${phases}.${name}.`),
      // an exponential gap is now and then a short one: more than will be needed
      count: Math.ceil(rate * (seconds + WARM_UP_SECONDS) * 1.5) + 50,
      batch: 1,
      rate,
      callers: CONNECTIONS,
      seed,
    });
    const flows = [
      flow(neighbour, "neighbour", NEIGHBOUR_RATE, round),
      flow(flooding, "flooding", OWN_RATE * factor, 1_000 + round),
    ] as const;
    await stack.load.call("prepareFlows", [...flows]);
    const run = async (length: number) => together(await stack.load.call("runFlows", { seconds: length }));
    const { warm_up, result, sample } = await meter(stack, { target: "ours", units: 1, seconds }, run);
    for (const [i, { channel_id }] of [neighbour, flooding].entries()) {
      const results = [warm_up, result].flatMap((both) => both.flows[i] ?? []);
      await ledger.enter(results, { channel_id, batch: 1, prefix: flows[i]?.prefix ?? "" });
    }
    return sample;
  };
}

/** Both flows as one result whose latencies are the first flow's. */
function together(flows: LoadResult[]): LoadResult & { flows: LoadResult[] } {
  const [first] = flows;
  if (!first) throw new Error("nothing ran");
  return { ...first, answered: flows.reduce((sum, { answered }) => sum + answered, 0), flows };
}

function webhooksTo({ workers, app_secret }: Stack, { phone_number_id, waba_id }: Tenant, prefix: string) {
  return {
    url: `${workers.ours.url}/webhooks/meta`,
    app_secret,
    phone_number_id,
    waba_id,
    prefix,
    first_customer: 0,
    customers: CUSTOMERS,
    at: Math.floor(Date.now() / 1000),
  };
}

/** Everybody's first line. */
async function introduce(stack: Stack, tenant: Tenant): Promise<void> {
  const plan = {
    ...webhooksTo(stack, tenant, "wamid.before."),
    endless: false,
    count: CUSTOMERS / BATCH,
    batch: BATCH,
  };
  await stack.load.call("preparePosts", plan);
  await stack.load.call("run", { callers: 2, seconds: 60 });
}
