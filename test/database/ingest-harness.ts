import type { Hooks } from "../../dev/database/neon-proxy.ts";
import type { ProviderEvent } from "../../shared/channels/events.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { asGiven } from "../permuter/place.ts";
import { finalState } from "../permuter/state.ts";
import { openHarness } from "./harness.ts";

export { arrangements, permutations } from "../permuter/orders.ts";

export type IngestHarness = Awaited<ReturnType<typeof openIngest>>;

/** The database harness with what tests of ingest ask for all the time. */
export async function openIngest(hooks: Hooks = {}) {
  const harness = await openHarness(hooks);
  const { exec, rows } = harness;
  return {
    ...harness,
    tenant: () => createTenant(exec),
    /** Outcomes of one webhook, received at a given moment (unix milliseconds) or now. */
    outcomes: async (events: ProviderEvent[], received_at = Date.now()) =>
      (await ingest(exec, { provider: "meta", received_at, events })).outcomes,
    /** The only conversation of a tenant. */
    talk: ({ channel_id }: Tenant) => harness.row("select * from conversations where channel_id = $1", [channel_id]),
    thread: ({ channel_id }: Tenant) =>
      rows("select * from messages where channel_id = $1 order by created_at, id", [channel_id]),
    message: ({ channel_id }: Tenant, { provider_id }: { provider_id: string }) =>
      harness.row("select * from messages where channel_id = $1 and wa_message_id = $2", [channel_id, provider_id]),
    contacts: ({ business_id }: Tenant) =>
      rows("select * from contacts where business_id = $1 order by created_at, id", [business_id]),
    quarantined: (account: string) =>
      rows("select *, convert_from(raw, 'UTF8') as text from switchboard.quarantined_events where account = $1", [
        account,
      ]),
    parked: ({ channel_id }: Tenant) =>
      rows("select * from switchboard.parked_events where channel_id = $1", [channel_id]),
    /** What may not depend on order and repetition, by table and without the tenant's own numbers. */
    finalState: async (tenant: Tenant): Promise<unknown[][]> =>
      Object.values(JSON.parse(asGiven(tenant, JSON.stringify(await finalState(exec, tenant))))),
  };
}
