import type { SendOutcome } from "../../shared/channels/channel.ts";
import { claimBatch } from "../../shared/campaigns/claim.ts";
import type { CampaignAttempt } from "../../shared/campaigns/claim.ts";
import { lease } from "../../shared/campaigns/lease.ts";
import { recordBatch } from "../../shared/campaigns/record.ts";
import type { Row } from "../../shared/db/exec.ts";
import type { CampaignView } from "../../workers/functions/campaign-view.ts";
import { randomDigits } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { Harness } from "./harness.ts";

/** So many contacts of a workspace; `change` sets columns beside the defaults: named, reachable, opted in, tagged. */
export async function createContacts(h: Harness, tenant: Tenant, n: number, change: Row = {}): Promise<string[]> {
  const base = `49${randomDigits(8)}`;
  const rows = Array.from({ length: n }, (_, i) => ({
    id: crypto.randomUUID(),
    org_id: tenant.org_id,
    business_id: tenant.business_id,
    platform_id: `${base}${String(i).padStart(4, "0")}`,
    name: `Ana ${i}`,
    phone: `+${base}${String(i).padStart(4, "0")}`,
    wa_id: `${base}${String(i).padStart(4, "0")}`,
    opted_in: true,
    tags: ["all"],
    ...change,
  }));
  await h.rows(
    `insert into contacts (id, org_id, business_id, platform_id, name, phone, wa_id, opted_in, tags, email)
     select id, org_id, business_id, platform_id, name, phone, wa_id, opted_in, tags, email
     from jsonb_populate_recordset(null::contacts, $1)`,
    [JSON.stringify(rows)],
  );
  return rows.map(({ id }) => id);
}

/** An approved template of the tenant's account whose body takes one variable. */
export async function createTemplate(h: Harness, tenant: Tenant, change: Row = {}): Promise<string> {
  const row = {
    org_id: tenant.org_id,
    business_id: tenant.business_id,
    waba_id: tenant.waba_id,
    name: `spring_${randomDigits(8)}`,
    language: "en",
    category: "MARKETING",
    status: "APPROVED",
    components: [{ type: "BODY", text: "Hello {{1}}!" }],
    ...change,
  };
  const { id } = await h.row(
    `insert into templates (org_id, business_id, waba_id, name, language, category, status, components)
     select org_id, business_id, waba_id, name, language, category, status, components
     from jsonb_populate_record(null::templates, $1) returning id`,
    [JSON.stringify(row)],
  );
  return String(id);
}

export const GREETING = [{ type: "body", parameters: [{ type: "text", text: "{{contact.name}}" }] }];

/** A draft to everybody tagged `all`. */
export async function draft(h: Harness, tenant: Tenant, change: Row = {}): Promise<CampaignView> {
  return h.as<CampaignView>(tenant, "create_campaign_v1", {
    business_id: tenant.business_id,
    channel_id: tenant.channel_id,
    name: "Spring",
    template_id: change["template_id"] ?? (await createTemplate(h, tenant)),
    components: GREETING,
    audience: { tags: ["all"] },
    ...change,
  });
}

/** A running campaign to so many new contacts. */
export async function running(h: Harness, tenant: Tenant, n: number, change: Row = {}): Promise<string> {
  await createContacts(h, tenant, n);
  const { campaign_id } = await draft(h, tenant, change);
  await h.as(tenant, "start_campaign_v1", { campaign_id });
  return campaign_id;
}

export const accepts = (): SendOutcome => ({
  state: "accepted",
  provider_id: `wamid.${crypto.randomUUID()}`,
  held: false,
});
export const fails = (code: string, kind: "never" | "retry" | "stop_channel" | "auth" = "never"): SendOutcome => ({
  state: "failed",
  class: kind,
  code,
  title: `Refused with ${code}`,
  retry_after_ms: 60_000,
});

/** What is due now, leased, claimed, answered and recorded, in one go; answers the attempts that were made. */
export async function goRound(
  h: Harness,
  campaign_id: string,
  answer: (one: CampaignAttempt) => SendOutcome = accepts,
  batches = 10,
): Promise<CampaignAttempt[]> {
  const made: CampaignAttempt[] = [];
  for (const batch of (await lease(h.exec, campaign_id, { batches })).batches) {
    const { attempts } = await claimBatch(h.exec, campaign_id, batch);
    made.push(...attempts);
    if (attempts.length > 0) {
      await recordBatch(
        h.exec,
        campaign_id,
        attempts.map((one) => ({ ...one, outcome: answer(one) })),
      );
    }
  }
  return made;
}

const among = (states: string) => `(count(*) filter (where state = any ('{${states}}')))::integer`;

/** The campaign's counters beside what its rows say. */
export async function counted(h: Harness, campaign_id: string): Promise<{ counters: Row; rows: Row }> {
  const counters = await h.row(
    `select total_contacts as total, pending_count as pending, sending_count as sending, held_count as held, sent_count as sent,
       delivered_count as delivered, read_count as read, unknown_count as unknown, failed_count as failed, skipped_count as skipped,
       cancelled_count as cancelled, expired_count as expired from campaigns where id = $1`,
    [campaign_id],
  );
  const rows = await h.row(
    `select count(*)::integer as total, ${among("pending")} as pending, ${among("leased,sending")} as sending, ${among("held")} as held,
       ${among("accepted,sent,delivered,read")} as sent, ${among("delivered,read")} as delivered, ${among("read")} as read,
       ${among("unknown")} as unknown, ${among("failed")} as failed, ${among("skipped")} as skipped, ${among("cancelled")} as cancelled,
       ${among("expired")} as expired from campaign_recipients where campaign_id = $1`,
    [campaign_id],
  );
  return { counters, rows };
}
