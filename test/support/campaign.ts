import { row, sql } from "./database.ts";
import { command } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** A draft by template to so many contacts that have not written. */
export async function draftCampaign(
  scene: Scene,
  contacts: number,
  change: Record<string, unknown> = {},
): Promise<string> {
  const { org_id, business_id, channel_id, waba_id, customer } = scene;
  const template = await row<{ id: string }>`
    insert into public.templates (org_id, business_id, waba_id, name, language, category, status, components)
    values (${org_id}, ${business_id}, ${waba_id}, 'hello_world', 'en_US', 'UTILITY', 'APPROVED', '[]') returning id`;
  await sql`insert into public.contacts (org_id, business_id, platform_id, wa_id, phone, tags)
    select ${org_id}, ${business_id}, n, n, '+' || n, '{all}' from (select (${customer}::bigint + g)::text as n from generate_series(1, ${contacts}) g) x`;
  const draft = await command(scene, "create-campaign", {
    business_id,
    channel_id,
    name: "Hello",
    template_id: template.id,
    audience: { tags: ["all"] },
    ...change,
  });
  const { campaign_id } = draft.body as { campaign_id: string };
  if (draft.status !== 200) throw new Error(`create-campaign: ${JSON.stringify(draft.body)}`);
  return campaign_id;
}

/** Starts it without waking its object: nothing is sent but by the test. */
export async function launch(campaign_id: string): Promise<void> {
  await sql`select switchboard.launch_campaign(${campaign_id})`;
}
