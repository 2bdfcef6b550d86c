import type { Tenant } from "../../test/factories/tenant.ts";
import type { Thread } from "../load/rows.ts";
import type { Stack } from "../stack/stack.ts";
import { addTenant } from "../stack/tenant.ts";

/** Conversations that exist before anything is measured. */
export const KNOWN_CUSTOMERS = 1_000;
const BATCH = 100;
const AN_HOUR = 3_600;

export interface Scene {
  /** A tenant whose AI is off. */
  quiet: Tenant;
  /** A tenant whose AI will answer in an hour: each first line arms an object, and no turn begins. */
  asking: Tenant;
  /** The conversations of the quiet tenant. */
  threads: Thread[];
}

/** Two tenants, a thousand conversations, and a table like `messages` for the bare inserts. */
export async function openScene(stack: Stack): Promise<Scene> {
  const quiet = await addTenant(stack, { ai_enabled: false, delay_seconds: AN_HOUR });
  const asking = await addTenant(stack, { ai_enabled: true, delay_seconds: AN_HOUR });
  await stack.load.call("preparePosts", {
    url: `${stack.workers.ours.url}/webhooks/meta`,
    endless: false,
    app_secret: stack.app_secret,
    phone_number_id: quiet.phone_number_id,
    waba_id: quiet.waba_id,
    prefix: "wamid.before.",
    count: KNOWN_CUSTOMERS / BATCH,
    batch: BATCH,
    first_customer: 0,
    customers: KNOWN_CUSTOMERS,
    at: Math.floor(Date.now() / 1000),
  });
  await stack.load.call("run", { callers: 2, seconds: 60 });
  // columns, checks and indexes of the real one; neither triggers, nor foreign keys, nor row-level security
  await stack.database.query("create schema bench");
  await stack.database.query("create table bench.messages (like public.messages including all)");
  const threads = await stack.database.query<Thread>(
    "select id as conversation_id, business_id, org_id, channel_id, contact_id from public.conversations where org_id = $1",
    [quiet.org_id],
  );
  if (threads.length !== KNOWN_CUSTOMERS)
    throw new Error(`${threads.length} of ${KNOWN_CUSTOMERS} conversations were made`);
  return { quiet, asking, threads };
}
