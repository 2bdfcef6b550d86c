import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { watch } from "../../shared/operations/watch.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { Harness } from "./harness.ts";
import { openHarness } from "./harness.ts";

const QUIET_DAY = new Date("2026-08-01T00:00:00Z");
const HOUR = 60;

let h: Harness;
let tenant: Tenant;

beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());
beforeEach(async () => {
  tenant = await createTenant(h.exec, { business: { ai_enabled: false } });
});

/** A thread whose customer's lines came so many minutes ago. */
async function heard(minutes: number[], origin = "live") {
  const customer = newCustomer();
  await h.writes(tenant, customer, ...minutes.map(() => ({})));
  await h.rows(
    `update messages m set created_at = now() - make_interval(mins => x.minutes), origin = $3
     from unnest($2::integer[]) with ordinality x (minutes, n)
     where m.channel_id = $1 and m.seq = x.n and m.conversation_id = (
       select v.id from conversations v join contacts k on k.id = v.contact_id where v.channel_id = $1 and k.wa_id = $4)`,
    [tenant.channel_id, minutes, origin, customer],
  );
}

/** Minutes ago of `count` lines with `gap` minutes between them, the last of them `silence` minutes ago. */
const steady = (count: number, gap: number, silence: number) =>
  Array.from({ length: count }, (_, i) => silence + i * gap);

async function silent(): Promise<{ usual_gap_seconds?: number }[]> {
  await watch(h.exec, QUIET_DAY, true);
  const found = await h.rows(
    "select details from alerts where business_id = $1 and kind = 'silent_number' and resolved_at is null",
    [tenant.business_id],
  );
  return found.map(({ details }) => details as { usual_gap_seconds?: number });
}

test("F185: a busy number that has heard nothing for more than six hours is reported, and no more once it hears", async () => {
  await heard(steady(60, 10, 6 * HOUR + 5));
  expect(await silent()).toMatchObject([{ channel_id: tenant.channel_id, usual_gap_seconds: 30 * 60 }]);
  await h.arrive(message(tenant.phone_number_id, newCustomer()));
  expect(await silent()).toEqual([]);
});

test("F185: six hours is the floor, however busy the number is", async () => {
  await heard(steady(60, 1, 6 * HOUR - 5));
  expect(await silent()).toEqual([]);
});

test("F185: a number that is usually silent for four hours is reported after three times that, not before", async () => {
  await heard(steady(60, 4 * HOUR, 12 * HOUR - 5));
  expect(await silent()).toEqual([]);
  await h.rows("update messages set created_at = created_at - interval '10 minutes' where business_id = $1", [
    tenant.business_id,
  ]);
  expect(await silent()).toHaveLength(1);
});

test("F185: a night as long as the nights before is no silence", async () => {
  const days = [0, 1, 2, 3].flatMap((day) => steady(20, 30, day * 24 * HOUR + 13 * HOUR));
  await heard(days);
  expect(await silent()).toEqual([]);
  // the longest night was 14.5 hours
  await h.rows("update messages set created_at = created_at - interval '2 hours' where business_id = $1", [
    tenant.business_id,
  ]);
  expect(await silent()).toMatchObject([{ usual_gap_seconds: 14.5 * 3600 }]);
});

test("F185: 49 messages are too few to know a number by, 50 are enough", async () => {
  await heard(steady(49, 10, 8 * HOUR));
  expect(await silent()).toEqual([]);
  await heard([17 * HOUR]);
  expect(await silent()).toHaveLength(1);
});

test("imported history says nothing about what a number hears", async () => {
  await heard(steady(60, 10, 8 * HOUR), "history");
  expect(await silent()).toEqual([]);
});

test("a number that is switched off is not expected to hear anything", async () => {
  await heard(steady(60, 10, 8 * HOUR));
  await h.rows("update channels set active = false where id = $1", [tenant.channel_id]);
  expect(await silent()).toEqual([]);
});

test("without being asked for everything, numbers are looked at once an hour", async () => {
  await heard(steady(60, 10, 8 * HOUR));
  const open = () =>
    h.rows("select 1 from alerts where business_id = $1 and resolved_at is null", [tenant.business_id]);
  await h.rows("update switchboard.watches set looked_at = now() - interval '59 minutes'");
  await watch(h.exec, QUIET_DAY);
  expect(await open()).toHaveLength(0);
  await h.rows("update switchboard.watches set looked_at = now() - interval '61 minutes'");
  await watch(h.exec, QUIET_DAY);
  expect(await open()).toHaveLength(1);
  await watch(h.exec, QUIET_DAY);
  expect(await open()).toHaveLength(1);
});
