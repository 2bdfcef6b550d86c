import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { sql, row } from "../../test/support/database.ts";
import { command, openScene } from "../../test/support/scene.ts";
import { requests, resetSimulators } from "../../test/support/simulators.ts";

afterEach(resetSimulators);

test("F110: a campaign that is started goes out by itself, once to each, through the provider", async () => {
  const scene = await openScene();
  const { org_id, business_id, channel_id, waba_id, phone_number_id } = scene;
  const template = await row<{ id: string }>`
    insert into public.templates (org_id, business_id, waba_id, name, language, category, status, components)
    values (${org_id}, ${business_id}, ${waba_id}, 'hello_world', 'en_US', 'UTILITY', 'APPROVED', '[]') returning id`;
  await sql`insert into public.contacts (org_id, business_id, platform_id, wa_id, phone, tags)
    select ${org_id}, ${business_id}, n, n, '+' || n, '{all}' from (select (${scene.customer}::bigint + g)::text as n from generate_series(1, 12) g) x`;
  const draft = await command(scene, "create-campaign", {
    business_id,
    channel_id,
    name: "Hello",
    template_id: template.id,
    audience: { tags: ["all"] },
  });
  expect(draft.status).toBe(200);
  const { campaign_id } = draft.body as { campaign_id: string };
  expect((await command(scene, "start-campaign", { campaign_id })).body).toMatchObject({
    status: "RUNNING",
    recipients: { total: 12 },
  });
  const object = env.CAMPAIGN.getByName(campaign_id);
  await object.wake(0);
  await runDurableObjectAlarm(object);
  await expect
    .poll(() => row`select status, sent_count from public.campaigns where id = ${campaign_id}`, { timeout: 10_000 })
    .toMatchObject({ status: "COMPLETED", sent_count: 12 });
  const sent = (await requests("meta")).filter(
    ({ path, body }) => path.includes(phone_number_id) && Object(body)["type"] === "template",
  );
  expect(sent).toHaveLength(12);
  expect(new Set(sent.map(({ body }) => Object(body)["to"])).size).toBe(12);
});
