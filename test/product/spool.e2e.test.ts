import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import { interruptible } from "../chaos/database.ts";
import type { Interruptible } from "../chaos/database.ts";
import { judge } from "../chaos/judge.ts";
import { startRig } from "../chaos/rig.ts";
import type { Rig } from "../chaos/rig.ts";
import { runOutage, untilDrained } from "../chaos/spool.ts";
import { sendTraffic } from "../chaos/traffic.ts";

let database: Interruptible;
let rig: Rig;

beforeAll(async () => {
  database = interruptible(await createTestDatabase(inject("cluster")));
  rig = await startRig({ database, tenants: 4, ai_delay_seconds: 1 });
}, 120_000);
afterAll(async () => {
  await rig?.close();
  await database?.close();
});

test("F181, F8: Postgres away for 5 s under 50 webhooks a second: all answered with 200, none lost, doubled or stale", async () => {
  const { traffic, verdict, backlog, replies_afterwards } = await runOutage(rig, {
    rate: 50,
    away: 5,
    around: 1,
    customers: 15,
  });
  expect(Object.keys(traffic.answers)).toEqual(["200"]);
  expect(backlog).toBeGreaterThan(0);
  expect(verdict).toEqual({
    events_in: 350,
    stored: 336,
    quarantined: 14,
    doubled: 0,
    lost: 0,
    stale_sends: 0,
    unanswered: 0,
  });
  expect(replies_afterwards).toBeGreaterThan(0);
});

test("F8, F181: a kill -9 of the Worker during the outage, and another while it drains, lose and double nothing", async () => {
  await database.goAway();
  const { ids, answers } = await sendTraffic(rig, { rate: 50, seconds: 2, customers: 15 });
  expect(Object.keys(answers)).toEqual(["200"]);
  await rig.worker().kill();
  await rig.restart();
  await database.comeBack();
  await expect.poll(async () => (await judge(rig, ids)).stored, { interval: 5, timeout: 30_000 }).toBeGreaterThan(0);
  await rig.worker().kill();
  await rig.restart();
  await untilDrained(rig);
  expect(await judge(rig, ids)).toMatchObject({ events_in: 100, stored: 96, quarantined: 4, lost: 0, doubled: 0 });
});
