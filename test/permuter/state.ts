import type { Exec } from "../../shared/db/exec.ts";
import type { Tenant } from "../factories/tenant.ts";

const OUR_ID = "an id of ours, made anew for each tenant";
const ARRIVAL = "when it arrived here";
const PLACE = "the place in the thread is the order of arrival";
const VERSION = "counts arrivals";
const TURN = "when a turn is due follows from when its lines came";

/** Columns that may depend on order and repetition, each with the reason. Any other column must not. */
export const IGNORED: Record<string, Record<string, string>> = {
  messages: {
    id: OUR_ID,
    conversation_id: OUR_ID,
    business_id: OUR_ID,
    workspace_id: OUR_ID,
    org_id: OUR_ID,
    channel_id: OUR_ID,
    contact_id: OUR_ID,
    created_at: "the provider's time made unique by the place in the thread; `provider_ts` is compared",
    updated_at: ARRIVAL,
    received_at: ARRIVAL,
    seq: PLACE,
    inbound_version: VERSION,
  },
  conversations: {
    id: OUR_ID,
    business_id: OUR_ID,
    org_id: OUR_ID,
    channel_id: OUR_ID,
    contact_id: OUR_ID,
    created_at: ARRIVAL,
    updated_at: ARRIVAL,
    inbound_version: VERSION,
    answered_version: VERSION,
    ai_due_at: TURN,
    ai_waiting_since: TURN,
  },
  contacts: {
    id: OUR_ID,
    business_id: OUR_ID,
    workspace_id: OUR_ID,
    org_id: OUR_ID,
    platform_id: "the name under which we first heard of the person; all names are compared as identities",
    created_at: ARRIVAL,
    updated_at: ARRIVAL,
  },
  contact_identities: {
    id: OUR_ID,
    business_id: OUR_ID,
    org_id: OUR_ID,
    contact_id: OUR_ID,
    created_at: ARRIVAL,
  },
  media_files: {
    id: OUR_ID,
    business_id: OUR_ID,
    org_id: OUR_ID,
    message_id: OUR_ID,
    created_at: ARRIVAL,
    updated_at: ARRIVAL,
  },
  parked_events: { id: OUR_ID, channel_id: OUR_ID, digest: "of what `event` holds", received_at: ARRIVAL },
  provider_events: { id: OUR_ID, org_id: OUR_ID, dedupe: "holds the tenant's own number", received_at: ARRIVAL },
  quarantined_events: { id: OUR_ID, received_at: ARRIVAL, created_at: ARRIVAL },
};

/** Whose row it is, by every name that the person was ever known by. */
const whose = (contact: string) => `(
  select string_agg(concat_ws(' ', i.kind, i.value, i.scope), ', ' order by i.kind, i.value, i.scope)
  from public.contact_identities i where i.contact_id = ${contact})`;

/** Each table's rows of one tenant; `$2` leaves columns out. */
const ROWS: Record<string, { text: string; of: (tenant: Tenant) => string }> = {
  messages: {
    text: `select to_jsonb(t) - $2::text[] || jsonb_build_object('of', ${whose("t.contact_id")}) as row
      from public.messages t where t.channel_id = $1`,
    of: ({ channel_id }) => channel_id,
  },
  conversations: {
    text: `select to_jsonb(t) - $2::text[] || jsonb_build_object('of', ${whose("t.contact_id")}) as row
      from public.conversations t where t.channel_id = $1`,
    of: ({ channel_id }) => channel_id,
  },
  contacts: {
    text: `select to_jsonb(t) - $2::text[] || jsonb_build_object('of', ${whose("t.id")}) as row
      from public.contacts t where t.business_id = $1`,
    of: ({ business_id }) => business_id,
  },
  contact_identities: {
    text: `select to_jsonb(t) - $2::text[] || jsonb_build_object('of', ${whose("t.contact_id")}) as row
      from public.contact_identities t where t.business_id = $1`,
    of: ({ business_id }) => business_id,
  },
  media_files: {
    text: `select to_jsonb(t) - $2::text[] || jsonb_build_object('message', m.wa_message_id) as row
      from public.media_files t join public.messages m on m.id = t.message_id where m.channel_id = $1`,
    of: ({ channel_id }) => channel_id,
  },
  parked_events: {
    text: "select to_jsonb(t) - $2::text[] as row from switchboard.parked_events t where t.channel_id = $1",
    of: ({ channel_id }) => channel_id,
  },
  provider_events: {
    text: "select to_jsonb(t) - $2::text[] as row from switchboard.provider_events t where t.org_id = $1",
    of: ({ org_id }) => org_id,
  },
  // what cannot be placed has no id to know it by: delivered again, it is on the list again
  quarantined_events: {
    text: `select distinct to_jsonb(t) - $2::text[] || jsonb_build_object('raw', convert_from(t.raw, 'UTF8')) as row
      from switchboard.quarantined_events t where t.account = $1`,
    of: ({ phone_number_id }) => phone_number_id,
  },
};

export type FinalState = Record<string, unknown[]>;

/** Everything that a tenant's events have led to, as far as it may not depend on their order and repetition. */
export async function finalState(exec: Exec, tenant: Tenant): Promise<FinalState> {
  const tables = Object.entries(ROWS);
  const results = await exec(
    { role: "switchboard_worker" },
    tables.map(([table, { text, of }]) => ({ text, params: [of(tenant), Object.keys(IGNORED[table] ?? {})] })),
  );
  return Object.fromEntries(
    tables.map(([table], i) => [table, sorted((results[i] ?? []).map(({ row }) => row))] as const),
  );
}

function sorted(rows: unknown[]): unknown[] {
  const keyed = rows.map((row) => [JSON.stringify(row), row] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
