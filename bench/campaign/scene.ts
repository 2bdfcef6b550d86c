import { lease, release } from "../../shared/campaigns/lease.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createTenant } from "../../test/factories/tenant.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import type { Sample } from "../measure/sample.ts";
import { sampleOf } from "./series.ts";

export type Query = <Row extends object>(text: string, params?: unknown[]) => Promise<Row[]>;

export interface Campaign {
  tenant: Tenant;
  campaign_id: string;
  /** The launch: audience read, one row a recipient written. */
  planned: Sample;
}

/** A number with a pace, so many contacts, and a running campaign to all of them. */
export async function openCampaign(
  exec: Exec,
  query: Query,
  per_second: number,
  recipients: number,
): Promise<Campaign> {
  const tenant = await createTenant(exec, {
    organization: { plan: "enterprise", monthly_message_limit: 1_000_000_000 },
    business: { ai_enabled: false },
    channel: { messages_per_second: per_second },
  });
  const { org_id, business_id, channel_id, waba_id } = tenant;
  await query(
    `insert into public.contacts (org_id, business_id, platform_id, wa_id, phone, tags)
     select $1, $2, n, n, '+' || n, '{all}' from (select '4917' || lpad(g::text, 7, '0') as n from generate_series(1, $3::integer) g) x`,
    [org_id, business_id, recipients],
  );
  const [made] = await query<{ id: string }>(
    `with t as (
       insert into public.templates (org_id, business_id, waba_id, name, language, category, status, components)
       values ($1, $2, $4, 'hello_world', 'en_US', 'UTILITY', 'APPROVED', '[]') returning id)
     insert into public.campaigns (org_id, business_id, channel_id, template_id, name, category, content, audience)
     select $1, $2, $3, t.id, 'Benchmark', 'UTILITY', '{"type": "template", "name": "hello_world", "language": "en_US"}', '{"tags": ["all"]}'
     from t returning id`,
    [org_id, business_id, channel_id, waba_id],
  );
  if (!made) throw new Error("no campaign was made");
  await query("analyze public.contacts");
  const from = Date.now();
  await query("select switchboard.launch_campaign($1)", [made.id]);
  const planned = sampleOf(recipients, Date.now() - from);
  await query("analyze public.campaign_recipients");
  return { tenant, campaign_id: made.id, planned };
}

/** Leases in batches of 50 as fast as it goes, and gives everything back. */
export async function measureLeases(exec: Exec, campaign_id: string, most: number): Promise<Sample> {
  const tokens: string[] = [];
  let leased = 0;
  const from = Date.now();
  while (leased < most) {
    const { batches } = await lease(exec, campaign_id, { batches: 40 });
    if (batches.length === 0) break;
    leased += batches.reduce((sum, { recipient_ids }) => sum + recipient_ids.length, 0);
    tokens.push(...batches.map(({ lease_token }) => lease_token));
  }
  const sample = sampleOf(leased, Date.now() - from);
  await release(exec, campaign_id, tokens);
  return sample;
}

/** When the campaign's attempts were to start (unix ms), of those that were made. */
export async function startsOf(query: Query, campaign_id: string): Promise<number[]> {
  const rows = await query<{ at: string }>(
    `select extract(epoch from a.started_at) * 1000 as at from public.send_attempts a join public.messages m on m.id = a.message_id
     where m.campaign_id = $1 and a.state <> 'cancelled'`,
    [campaign_id],
  );
  return rows.map(({ at }) => Number(at));
}
