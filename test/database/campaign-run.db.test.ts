import { afterAll, beforeAll, expect, test } from "vitest";
import { nextSlot, sliceOf } from "../../shared/campaigns/pace.ts";
import { runCampaign } from "../../workers/sending/run-campaign.ts";
import { createTenant } from "../factories/tenant.ts";
import { accepts, counted, running } from "./campaign-fixtures.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());

test("F94, F102: a campaign run to its end writes to everybody once, and to no more in any second than its number allows", async () => {
  const tenant = await createTenant(db.exec, { channel: { messages_per_second: 80 } });
  const id = await running(db, tenant, 120);
  let free = 0;
  const calls = new Map<string | null, number>();
  const next = await runCampaign(
    id,
    {
      exec: db.exec,
      now: Date.now,
      random: () => 0,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      log: () => {},
      deliver: (claim) => Promise.resolve(claim),
      providers: {
        send: ({ to }) => {
          calls.set(to.phone, (calls.get(to.phone) ?? 0) + 1);
          return Promise.resolve(accepts());
        },
      },
    },
    {
      stint_ms: 20_000,
      slot: (_channel, per_second, lead_ms) => {
        const slot = nextSlot(free, Date.now(), { per_second, slice: sliceOf(per_second, 50), lead_ms });
        free = slot.free_at;
        return Promise.resolve(slot.at);
      },
    },
  );
  expect(next).toBeNull();
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
