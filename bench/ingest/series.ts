import type { Tenant } from "../../test/factories/tenant.ts";
import type { PostgresPlan } from "../load/postgres.ts";
import type { WebhookPlan } from "../load/webhooks.ts";
import type { Series } from "../measure/interleave.ts";
import { WARM_UP_SECONDS, meter } from "../measure/meter.ts";
import type { Stack, Target } from "../stack/stack.ts";
import type { Ledger } from "./ledger.ts";
import { KNOWN_CUSTOMERS } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** More calls than can be made in a second; a round that runs out of them ends early and counts all the same. */
const CALLS_A_SECOND = {
  webhook: { 1: 2_500, 100: 150 },
  ingest: { 1: 5_000, 100: 250 },
  insert: { 1: 12_000, 100: 600 },
};
const IN_POSTGRES_CALLERS = 8;

let built = 0;
let strangers = KNOWN_CUSTOMERS;

export interface WebhookShape {
  target: Target;
  path: string;
  callers: number;
  batch: number;
  tenant: Tenant;
  /** Who writes: people with a conversation, or everybody for the first time. */
  people: "known" | "new";
}

/** Webhooks to a Worker. Ours must have stored what it acknowledged. */
export function webhookSeries(stack: Stack, ledger: Ledger, shape: WebhookShape): Series["measure"] {
  const { target, path, callers, batch, tenant, people } = shape;
  return async (seconds) => {
    const count = callsFor("webhook", batch, seconds + WARM_UP_SECONDS);
    const plan = webhooks(stack, tenant, { count, batch, people });
    await stack.load.call("preparePosts", {
      ...plan,
      url: stack.workers[target].url + path,
      endless: target === "ceiling",
    });
    const run = (length: number) => stack.load.call("run", { callers, seconds: length });
    const { warm_up, result, sample } = await meter(stack, { target, units: batch, seconds }, run);
    // the ceiling's Worker stores nothing
    if (target === "ours")
      await ledger.enter([warm_up, result], { channel_id: tenant.channel_id, batch, prefix: plan.prefix });
    return sample;
  };
}

/** The same messages straight into Postgres: through our function, or as bare rows. */
export function postgresSeries(
  stack: Stack,
  ledger: Ledger,
  { quiet, threads }: Scene,
  { kind, batch }: { kind: "ingest" | "insert"; batch: number },
): Series["measure"] {
  const table = kind === "insert" ? "bench.messages" : "public.messages";
  return async (seconds) => {
    if (kind === "insert") await stack.database.query(`truncate ${table}`);
    const plan = webhooks(stack, quiet, {
      count: callsFor(kind, batch, seconds + WARM_UP_SECONDS),
      batch,
      people: "known",
    });
    const { prefix, count, at } = plan;
    const work: PostgresPlan["work"] =
      kind === "insert" ? { kind, rows: { table, threads, prefix, count, batch, at } } : { kind, webhooks: plan };
    const session = kind === "insert" ? "select 1" : "set role switchboard_worker";
    await stack.load.call("preparePostgres", { database_url: stack.database.adminUrl, session, work });
    const run = (length: number) => stack.load.call("run", { callers: IN_POSTGRES_CALLERS, seconds: length });
    const { warm_up, result, sample } = await meter(stack, { target: "postgres", units: batch, seconds }, run);
    await ledger.enter([warm_up, result], { channel_id: quiet.channel_id, batch, prefix, table });
    return sample;
  };
}

function webhooks(
  { app_secret }: Stack,
  { phone_number_id, waba_id }: Tenant,
  { count, batch, people }: { count: number; batch: number; people: "known" | "new" },
): WebhookPlan {
  const isNew = people === "new";
  const first_customer = isNew ? strangers : 0;
  const customers = isNew ? count * batch : KNOWN_CUSTOMERS;
  if (isNew) strangers += customers;
  const at = Math.floor(Date.now() / 1000);
  const prefix = `wamid.bench.${++built}.`;
  return { app_secret, phone_number_id, waba_id, prefix, count, batch, first_customer, customers, at };
}

function callsFor(kind: keyof typeof CALLS_A_SECOND, batch: number, seconds: number): number {
  return Math.ceil(CALLS_A_SECOND[kind][batch === 1 ? 1 : 100] * seconds);
}
