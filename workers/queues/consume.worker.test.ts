import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { draftCampaign, launch } from "../../test/support/campaign.ts";
import { openScene } from "../../test/support/scene.ts";
import { requests, resetSimulators } from "../../test/support/simulators.ts";
import { row, sql } from "../../test/support/database.ts";
import type { Batch } from "../../shared/campaigns/lease.ts";
import { lease } from "../../shared/campaigns/lease.ts";
import { toolsOf } from "../tools.ts";
import { consume } from "./consume.ts";

afterEach(resetSimulators);

async function deliver(queue: string, ...bodies: unknown[]) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body, i) => ({ id: `${i}`, timestamp: new Date(), attempts: 1, body })),
  );
  await consume(batch, env);
  return getQueueResult(batch, createExecutionContext());
}

test("F175, F107: each message of a delivery is settled by itself", async () => {
  const scene = await openScene();
  const campaign_id = await draftCampaign(scene, 3);
  await launch(campaign_id);
  const { exec } = toolsOf(env);
  const { batches } = await lease(exec, campaign_id, { batches: 3, batch_size: 1 });
  const job = (batch: Batch) => ({ campaign_id, channel_id: scene.channel_id, messages_per_second: 80, batch });
  const [first, second, third] = batches.map(job);
  const { explicitAcks, retryMessages } = await deliver("campaigns", first, { nonsense: true }, second, first, third);
  expect(explicitAcks.toSorted()).toEqual(["0", "2", "3", "4"]);
  expect(retryMessages).toMatchObject([{ msgId: "1" }]);
  expect(await row`select status, sent_count from public.campaigns where id = ${campaign_id}`).toEqual({
    status: "COMPLETED",
    sent_count: 3,
  });
  const sent = (await requests("meta")).filter(({ body }) => Object(body)["type"] === "template");
  expect(sent).toHaveLength(3);
});

test("F176: what a queue gives up is written down, and the operator is told", async () => {
  const mark = crypto.randomUUID();
  const { explicitAcks } = await deliver("campaigns-dead", { mark });
  expect(explicitAcks).toEqual(["0"]);
  expect(
    await sql`select provider, account, kind, reason from switchboard.quarantined_events where raw = convert_to(${JSON.stringify({ mark })}, 'UTF8')`,
  ).toEqual([{ provider: "queue", account: "campaigns", kind: "dead_letter", reason: "given_up" }]);
});

test("a queue that nobody reads keeps its messages", async () => {
  await expect(deliver("elsewhere", {})).rejects.toThrow("Nobody reads the queue elsewhere");
});
