import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fanOut } from "../../shared/campaigns/fan-out.ts";
import type { CampaignJob } from "../../shared/campaigns/job.ts";
import { nextSlot, sliceOf } from "../../shared/campaigns/pace.ts";
import { sendBatch } from "../../workers/sending/send-batch.ts";
import type { BatchTools } from "../../workers/sending/send-batch.ts";
import { createTenant } from "../factories/tenant.ts";
import { accepts, counted, running } from "./campaign-fixtures.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());

/** What sends batches, and how often it called the provider for each phone number. */
function sender(): { tools: BatchTools; calls: Map<string | null, number> } {
  let free = 0;
  const calls = new Map<string | null, number>();
  const tools: BatchTools = {
    exec: db.exec,
    now: Date.now,
    random: () => 0,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    log: () => {},
    deliver: (claim) => Promise.resolve(claim),
    slot: (_channel, per_second, lead_ms) => {
      const slot = nextSlot(free, Date.now(), { per_second, slice: sliceOf(per_second, 50), lead_ms });
      free = slot.free_at;
      return Promise.resolve(slot.at);
    },
    providers: {
      send: ({ to }) => {
        calls.set(to.phone, (calls.get(to.phone) ?? 0) + 1);
        return Promise.resolve(accepts());
      },
    },
  };
  return { tools, calls };
}

test("F94, F102: a campaign run to its end writes to everybody once, and to no more in any second than its number allows", async () => {
  const tenant = await createTenant(db.exec, { channel: { messages_per_second: 80 } });
  const id = await running(db, tenant, 120);
  const { tools, calls } = sender();
  const jobs: CampaignJob[] = [];
  await fanOut(db.exec, id, (more) => Promise.resolve(void jobs.push(...more)));
  expect(jobs).toHaveLength(15);
  const queue = jobs.values();
  const work = async () => {
    for (const job of queue) await sendBatch(job, tools);
  };
  await Promise.all([work(), work(), work(), work()]);
  expect(await fanOut(db.exec, id, () => Promise.reject(new Error("nothing is left")))).toBeNull();
  expect(calls.size).toBe(120);
  expect(new Set(calls.values())).toEqual(new Set([1]));
  expect((await counted(db, id)).counters).toMatchObject({ total: 120, sent: 120 });
  const { most } = await db.row(
    `select max(n)::integer as most from (
       select count(*) over (order by a.started_at range between current row and interval '999 milliseconds' following) as n
       from send_attempts a join messages m on m.id = a.message_id where m.campaign_id = $1) x`,
    [id],
  );
  expect(most).toBeLessThanOrEqual(80);
});

describe("the queue", () => {
  test("no more waits in it than ten seconds of the pace", async () => {
    const tenant = await createTenant(db.exec, { channel: { messages_per_second: 3 } });
    const id = await running(db, tenant, 40);
    const jobs: CampaignJob[] = [];
    const keep = (more: CampaignJob[]) => Promise.resolve(void jobs.push(...more));
    expect(await fanOut(db.exec, id, keep)).toBe(1000);
    expect(await fanOut(db.exec, id, keep)).toBe(1000);
    expect(jobs).toHaveLength(30);
    expect(new Set(jobs.flatMap(({ batch }) => batch.recipient_ids)).size).toBe(30);
  });

  test("F106: what it does not take is due again at once; what it took all the same, or gives out twice, sends nothing", async () => {
    const tenant = await createTenant(db.exec);
    const id = await running(db, tenant, 20);
    const taken: CampaignJob[] = [];
    const halfway = (jobs: CampaignJob[]) => {
      taken.push(...jobs.slice(0, 2));
      return Promise.reject(new Error("Queue is overloaded"));
    };
    await expect(fanOut(db.exec, id, halfway)).rejects.toThrow("overloaded");
    expect((await counted(db, id)).counters).toMatchObject({ pending: 20, sending: 0 });
    const { tools, calls } = sender();
    for (const job of taken) await sendBatch(job, tools);
    expect(calls.size).toBe(0);

    const jobs: CampaignJob[] = [];
    await fanOut(db.exec, id, (more) => Promise.resolve(void jobs.push(...more)));
    for (const job of [...jobs, ...taken, ...jobs]) await sendBatch(job, tools);
    expect([...calls.values()]).toEqual(Array.from({ length: 20 }, () => 1));
    expect((await counted(db, id)).counters).toMatchObject({ sent: 20 });
  });
});
