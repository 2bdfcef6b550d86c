import { createTenant } from "../../factories/tenant.ts";
import type { Tenant } from "../../factories/tenant.ts";
import type { Judgement } from "./laws.ts";
import type { Scenario } from "./run.ts";
import { command, createHelp, END_LEASES, until } from "./scenario.ts";
import type { Stage } from "./stage.ts";

interface Scene {
  tenant: Tenant;
  campaign_id: string;
}

const PER_SECOND = 500;

/**
 * A campaign is started, paused in the middle and resumed, while the provider repeats three in ten statuses. Each recipient must
 * have been called for once, or not at all and be `unknown`; nobody is left out.
 */
export const campaignTo = (recipients: number): Scenario<Scene> => ({
  async open({ exec, simulators, rows }) {
    const tenant = await createTenant(exec, { channel: { messages_per_second: PER_SECOND } });
    simulators.api.addNumber({ ...tenant, display_phone_number: `+1555${tenant.phone_number_id.slice(1, 8)}` });
    simulators.api.clearFaults();
    simulators.api.addFault({ provider: "meta", operation: "status", kind: "duplicate", rate: 0.3, seed: 1 });
    const [made = {}] = await rows(MAKE, [
      tenant.org_id,
      tenant.business_id,
      tenant.channel_id,
      tenant.waba_id,
      recipients,
      `49${tenant.phone_number_id.slice(-7)}`,
    ]);
    return { tenant, campaign_id: String(made["id"]) };
  },

  async play(stage, { tenant, campaign_id }) {
    const help = createHelp(stage, END_BATCHES);
    const act = (name: string) => command(stage, help, tenant, name, { campaign_id }, 409);
    await act("start-campaign");
    await until(stage, help, "a part of it is dealt with", MOVED, [campaign_id, Math.ceil(recipients / 6)]);
    // 409: it is over already
    await act("pause-campaign");
    await act("resume-campaign");
    await until(stage, help, "every recipient has come to rest", AT_REST, [campaign_id, () => attemptsAt(stage)]);
  },

  async judge(stage, { campaign_id }) {
    const found = await stage.rows(RECIPIENTS_NOW, [campaign_id]);
    const [counters = {}] = await stage.rows(COUNTERS, [campaign_id]);
    const calls = attemptsAt(stage);
    const broken: string[] = [];
    const verdict = {
      events_in: recipients,
      stored: 0,
      quarantined: 0,
      doubled: 0,
      lost: 0,
      stale_sends: 0,
      unanswered: 0,
    };
    let unknown = 0;
    for (const { id, state, attempts, accepted } of found) {
      const own = calls.filter((call) => (attempts as string[]).includes(call)).length;
      const told = own === 0 ? "unknown" : "read";
      if (own > 1 || Number(accepted) > 1) verdict.doubled += 1;
      if (state !== told || own > 1)
        broken.push(`once: recipient ${String(id)} had ${own} calls and is ${String(state)}`);
      if (state === "unknown") unknown += 1;
    }
    verdict.stored = found.length;
    verdict.lost = recipients - found.length;
    if (verdict.lost !== 0) broken.push(`conservation: ${found.length} recipients`);
    const { status, counted, rows } = counters;
    if (JSON.stringify(counted) !== JSON.stringify(rows)) {
      broken.push(`counters: ${JSON.stringify(counted)}, and the rows say ${JSON.stringify(rows)}`);
    }
    const should = unknown === 0 ? "COMPLETED" : "RUNNING";
    if (status !== should) broken.push(`truth: it is ${String(status)} with ${unknown} unknown`);
    return { verdict, unknown, broken } satisfies Judgement;
  },
});

/** Six or more batches of it. */
export const CAMPAIGN = campaignTo(300);

/** The attempts whose call reached the provider. */
function attemptsAt({ simulators }: Stage): string[] {
  return simulators.api.requests({ provider: "meta" }).flatMap(({ body }) => {
    const { biz_opaque_callback_data } = (body ?? {}) as { biz_opaque_callback_data?: string };
    return biz_opaque_callback_data === undefined ? [] : [biz_opaque_callback_data];
  });
}

const MAKE = `
  with people as (
    insert into public.contacts (org_id, business_id, platform_id, wa_id, phone, tags)
    select $1::uuid, $2::uuid, n, n, '+' || n, '{all}' from (select $6::text || lpad(g::text, 4, '0') as n from generate_series(1, $5::integer) g) x
  ), template as (
    insert into public.templates (org_id, business_id, waba_id, name, language, category, status, components)
    values ($1, $2, $4, 'hello_world', 'en_US', 'UTILITY', 'APPROVED', '[]') returning id)
  insert into public.campaigns (org_id, business_id, channel_id, template_id, name, category, content, audience)
  select $1, $2, $3::uuid, t.id, 'Killed', 'UTILITY', '{"type": "template", "name": "hello_world", "language": "en_US"}', '{"tags": ["all"]}'
  from template t returning id`;

const MOVED = `select 1 as moved from public.campaigns c where c.id = $1 and (c.sent_count + c.unknown_count >= $2 or c.status <> 'RUNNING')`;

/** Nobody waits, and each recipient whose call reached the provider has been read. */
const AT_REST = `select 1 as rest from public.campaigns c
  where c.id = $1 and c.launched_at is not null and c.status in ('RUNNING', 'COMPLETED') and c.pending_count + c.sending_count = 0
    and not exists (select from public.campaign_recipients r where r.campaign_id = c.id and r.state not in ('read', 'unknown'))
    and not exists (select from public.campaign_recipients r join public.send_attempts a on a.message_id = r.message_id
      where r.campaign_id = c.id and a.id = any ($2::uuid[]) and r.state <> 'read')`;

const RECIPIENTS_NOW = `select r.id, r.state,
    coalesce((select array_agg(a.id::text) from public.send_attempts a where a.message_id = r.message_id), '{}') as attempts,
    (select count(*)::integer from public.send_attempts a where a.message_id = r.message_id and a.state = 'accepted') as accepted
  from public.campaign_recipients r where r.campaign_id = $1`;

const COUNTERS = `select c.status,
    jsonb_build_array(c.total_contacts, c.pending_count, c.sending_count, c.sent_count, c.read_count, c.unknown_count) as counted,
    (select jsonb_build_array(count(*), count(*) filter (where r.state = 'pending'), count(*) filter (where r.state in ('leased', 'sending')),
      count(*) filter (where r.state in ('accepted', 'sent', 'delivered', 'read')), count(*) filter (where r.state = 'read'),
      count(*) filter (where r.state = 'unknown')) from public.campaign_recipients r where r.campaign_id = c.id) as rows
  from public.campaigns c where c.id = $1`;

/** Beside the attempts', the leases of batches that a queue has lost. */
const END_BATCHES = `with attempts as (${END_LEASES})
  update public.campaign_recipients set lease_until = now() - interval '1 second'
  where state = 'leased' and lease_until <= to_timestamp($1) + interval '121 seconds' and lease_until > now()`;
