import type { Hooks } from "../../dev/database/neon-proxy.ts";
import type { Exec } from "../../shared/db/exec.ts";
import type { ProviderEvent } from "../../shared/channels/events.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";

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
    finalState: (tenant: Tenant) => finalState(exec, tenant),
  };
}

const select = (text: string, id: string) => ({ text, params: [id] });

/**
 * Everything that a tenant's events have led to, as far as it may not depend on their order: no ids of ours, no moments
 * of arrival, no places in the thread, no versions (they count arrivals).
 */
async function finalState(exec: Exec, { channel_id, business_id }: Tenant) {
  return exec({ role: "switchboard_worker" }, [
    select(
      `select m.wa_message_id, k.platform_id as contact, m.direction, m.sender_type, m.sender_id, m.origin, m.type, m.content,
         m.media_type, m.read, m.payload, m.delivery_status, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at,
         m.error, m.pricing, m.edited_at, m.revoked_at, m.reply_to, m.provider_ts
       from messages m join contacts k on k.id = m.contact_id where m.channel_id = $1 order by m.wa_message_id`,
      channel_id,
    ),
    select(
      `select k.platform_id as contact, v.status, v.assigned_to, v.unread_count, v.window_expires_at, v.last_message_at,
         v.message_seq, v.epoch
       from conversations v join contacts k on k.id = v.contact_id where v.channel_id = $1 order by 1`,
      channel_id,
    ),
    select(
      `select platform_id, name, phone, wa_id, unread_count, conversation_status
       from contacts where business_id = $1 order by 1`,
      business_id,
    ),
    select(
      `select i.kind, i.value, i.scope, i.ended_at, k.platform_id as contact
       from contact_identities i join contacts k on k.id = i.contact_id where i.business_id = $1 order by 1, 2, 3, 4, 5`,
      business_id,
    ),
    select("select kind, target from switchboard.parked_events where channel_id = $1 order by 1, 2", channel_id),
  ]);
}

/** All orders of a list; n! of them. */
export function permutations<T>(list: T[]): T[][] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

/** All lists of `length` elements of `of`, with repeats. */
export function arrangements<T>(of: T[], length: number): T[][] {
  if (length === 0) return [[]];
  return arrangements(of, length - 1).flatMap((rest) => of.map((first) => [first, ...rest]));
}
