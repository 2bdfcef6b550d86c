import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { draftCampaign } from "../../test/support/campaign.ts";
import { row } from "../../test/support/database.ts";
import { command, openScene } from "../../test/support/scene.ts";
import { requests, resetSimulators } from "../../test/support/simulators.ts";

afterEach(resetSimulators);

test("F110: a campaign that is started goes out by itself, once to each, through the provider", async () => {
  const scene = await openScene();
  const campaign_id = await draftCampaign(scene, 12);
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
    ({ path, body }) => path.includes(scene.phone_number_id) && Object(body)["type"] === "template",
  );
  expect(sent).toHaveLength(12);
  expect(new Set(sent.map(({ body }) => Object(body)["to"])).size).toBe(12);
});
