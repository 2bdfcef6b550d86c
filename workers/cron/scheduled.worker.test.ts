import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import { becomeDue, command, eventually, openScene, sends, stubOf, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { database, fault, resetSimulators } from "../../test/support/simulators.ts";
import { stepsOf } from "../../test/support/steps.ts";
import { askWith, cron, sweep } from "../../test/support/worker.ts";

afterEach(resetSimulators);

const EVERY_MINUTE = "* * * * *";
const DAILY = "17 3 * * *";
const MONTHLY = "0 0 1 * *";

/** The object is gone with its alarm; only Postgres knows what is due. */
async function forgetObject(conversation_id: string): Promise<void> {
  await runInDurableObject(stubOf(conversation_id), (_, state) => state.storage.deleteAll());
}

const sent = (scene: Scene, count: number) => eventually(async () => (await sends(scene)).length >= count);

describe("the minute's sweep", () => {
  test("F45, F183: finds a turn whose wake-up was lost; twice at once, it is answered once", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await forgetObject(conversation_id);
    await becomeDue(conversation_id);
    await Promise.all([sweep(), sweep()]);
    await sent(scene, 1);
    await sweep();
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F183: finds a send whose repetition was forgotten", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131056, count: 1 });
    await command(scene, "send-message", { conversation_id, content: "Hi" });
    await forgetObject(conversation_id);
    await becomeDue(conversation_id);
    await sweep();
    await sent(scene, 2);
  });

  test("leaves alone what is not due yet", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await forgetObject(conversation_id);
    await sweep();
    expect(await runInDurableObject(stubOf(conversation_id), (_, state) => state.storage.getAlarm())).toBeNull();
  });

  test("F57: a conversation that nobody takes for a quarter of an hour is escalated, once", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Let me talk to a human");
    await becomeDue(conversation_id);
    await sweep();
    await eventually(
      async () =>
        (await row`select needs_human_since from public.conversations where id = ${conversation_id}`)[
          "needs_human_since"
        ],
    );
    const escalated = async () =>
      (await row`select escalated_at from public.conversations where id = ${conversation_id}`)["escalated_at"];
    await sweep();
    expect(await escalated()).toBeNull();
    await sql`update public.conversations set needs_human_since = now() - interval '16 minutes' where id = ${conversation_id}`;
    await sweep();
    const first = await escalated();
    expect(first).toBeInstanceOf(Date);
    await sweep();
    expect(await escalated()).toEqual(first);
  });

  test("rests once there has been nothing to do for a while, until something is written", async () => {
    const scene = await openScene();
    await eventually(async () => (await stepsOf(() => cron(EVERY_MINUTE))).length === 0);
    const fresh = { ...env };
    await (await askWith(fresh, "/webhooks/meta", { method: "POST", body: "unsigned" })).body?.cancel();
    expect(await stepsOf(() => cron(EVERY_MINUTE))).toEqual([]);
    await (
      await askWith(fresh, "/functions/v1/set-ai", {
        method: "POST",
        body: JSON.stringify({ business_id: scene.business_id, enabled: true }),
        headers: { apikey: scene.api_key },
      })
    ).body?.cancel();
    expect(await stepsOf(() => cron(EVERY_MINUTE))).toContain("sql");
  });
});

describe.each([
  ["daily", DAILY],
  ["monthly", MONTHLY],
])("the %s run", (_, expression) => {
  test("F164, F183: makes the visible counter equal the month's ledger, however often it comes", async () => {
    const scene = await openScene();
    const used = async () =>
      (await row`select messages_used_this_month from public.organizations where id = ${scene.org_id}`)[
        "messages_used_this_month"
      ];
    await sql`insert into public.usage_periods (org_id, period, used) values (${scene.org_id}, date_trunc('month', now() at time zone 'utc')::date, 7)`;
    await sql`insert into public.usage_periods (org_id, period, used) values (${scene.org_id}, (date_trunc('month', now() at time zone 'utc') - interval '1 month')::date, 40)`;
    await sql`update public.organizations set messages_used_this_month = 40 where id = ${scene.org_id}`;
    for (let time = 1; time <= 2; time++) {
      await cron(expression);
      expect(await used()).toBe(7);
    }
  });
});

test("the daily run forgets changes older than seven days, and no younger ones", async () => {
  const { org_id } = await openScene();
  await sql`insert into switchboard.outbox (org_id, table_name, operation, record, at)
    select ${org_id}::uuid, 'messages', 'INSERT', jsonb_build_object('age', age), now() - age from unnest(array['6 days', '8 days']::interval[]) age`;
  await cron(DAILY);
  expect(
    await sql`select record ->> 'age' as age from switchboard.outbox where org_id = ${org_id} and record ? 'age'`,
  ).toEqual([{ age: "6 days" }]);
});

test("a run that fails is reported, and the next one works", async () => {
  await database("down");
  await expect(cron(DAILY)).rejects.toThrow("The database did not answer");
  await database("up");
  await cron(DAILY);
});

test("an expression that no work is tied to is refused", async () => {
  await expect(cron("5 4 * * *")).rejects.toThrow('No work is tied to cron "5 4 * * *"');
});
