import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claimBatch } from "../../shared/campaigns/claim.ts";
import { lease } from "../../shared/campaigns/lease.ts";
import { watch } from "../../shared/operations/watch.ts";
import type { Row } from "../../shared/db/exec.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { CampaignView } from "../../workers/functions/campaign-view.ts";
import { accepts, counted, createContacts, draft, fails, goRound, running } from "./campaign-fixtures.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenant = await createTenant(db.exec);
});

const campaign = (id: string) => db.row("select * from campaigns where id = $1", [id]);
const settings = (value: Row) =>
  db.rows("update businesses set settings = $2 where id = $1", [tenant.business_id, JSON.stringify(value)]);
const recipients = (id: string) =>
  db.rows("select state, reason, due_at from campaign_recipients where campaign_id = $1", [id]);
const dueNow = (id: string) =>
  db.rows("update campaign_recipients set due_at = now() where campaign_id = $1 and state = 'pending'", [id]);
const MINUTE = 60_000;

describe("quiet hours", () => {
  const ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC"];
  /** Clock changes of 2026 in some of these zones, and days without one. */
  const DAYS = ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-10-03", "2026-07-01"];
  const walls = new Map(
    ZONES.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    ]),
  );
  const wall = (zone: string, at: number) => walls.get(zone)?.format(at) ?? "";
  const quiet = (zone: string, at: number, from: string, to: string) =>
    from < to ? wall(zone, at) >= from && wall(zone, at) < to : wall(zone, at) >= from || wall(zone, at) < to;
  const until = async (at: number, zones: string[], from: string, to: string) => {
    const { free } = await db.row("select switchboard.quiet_until($1, $2, $3, $4) as free", [
      new Date(at),
      zones,
      from,
      to,
    ]);
    return free === null ? null : Number(free);
  };

  test("F103: no moment of any zone's night is free, on the days when clocks change too, and none is waited for in vain", async () => {
    const hour = fc.constantFrom("00:30", "01:30", "02:15", "02:30", "03:00", "08:00", "20:00", "21:30", "23:45");
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(ZONES, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...DAYS),
        fc.nat(48 * 12),
        hour,
        hour,
        async (zones, day, fives, from, to) => {
          fc.pre(from !== to);
          const at = Date.parse(`${day}T00:00:00Z`) + fives * 5 * MINUTE;
          const free = await until(at, zones, from, to);
          const loud = (moment: number) => zones.every((zone) => !quiet(zone, moment, from, to));
          if (free === null) return;
          expect(free).toBeGreaterThanOrEqual(at);
          expect(loud(free)).toBe(true);
          // a night is left at its end: at most the hour that clocks show twice is given away
          for (let moment = at; moment < free - 61 * MINUTE; moment += 5 * MINUTE) expect(loud(moment)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("F103: whose zone is not known is written to when it is day wherever the number may be", async () => {
    const { zones } = await db.row("select zones from switchboard.calling_code_zones where code = '1'");
    expect(zones).toEqual(expect.arrayContaining(["Pacific/Honolulu", "America/St_Johns"]));
    expect(await db.rows("select code from switchboard.calling_code_zones where zones = '{}'")).toEqual([]);
    const of = async (columns: Row) => {
      const { zones: found } = await db.row(
        "select switchboard.zones_of(jsonb_populate_record(null::contacts, $1), '{UTC}') as zones",
        [JSON.stringify(columns)],
      );
      return found;
    };
    expect(await of({ phone: "+14155550100" })).toEqual(zones);
    expect(await of({ phone: "+351210000000" })).toEqual(["Atlantic/Azores", "Atlantic/Madeira"]);
    expect(await of({ phone: "+14155550100", timezone: "America/Los_Angeles" })).toEqual(["America/Los_Angeles"]);
    expect(await of({})).toEqual(["UTC"]);
  });

  test("F103, F104: who has night gets the message when it is over, and is not lost", async () => {
    const now = new Date();
    const at = (hours: number) => new Date(now.getTime() + hours * 60 * MINUTE).toISOString().slice(11, 16);
    await settings({ quiet_hours: { from: at(-2), to: at(2) } });
    await createContacts(db, tenant, 1, { name: "Night" });
    const [day] = await createContacts(db, tenant, 1, { name: "Day" });
    await db.rows(
      "update contacts set timezone = case when id = $2 then 'Pacific/Auckland' else 'UTC' end where business_id = $1",
      [tenant.business_id, day],
    );
    const { campaign_id } = await draft(db, tenant);
    await db.as(tenant, "start_campaign_v1", { campaign_id });
    const made = await goRound(db, campaign_id);
    expect(made).toHaveLength(1);
    const waits = (await recipients(campaign_id)).find(({ state }) => state === "pending");
    expect(Math.abs(Number(waits?.["due_at"]) - now.getTime() - 120 * MINUTE)).toBeLessThan(2 * MINUTE);
    await settings({});
    await dueNow(campaign_id);
    expect(await goRound(db, campaign_id)).toHaveLength(1);
    expect(await campaign(campaign_id)).toMatchObject({ status: "COMPLETED", sent_count: 2, skipped_count: 0 });
  });

  test("hours, zones and caps that could not be read are refused where they are written", async () => {
    for (const wrong of [
      { from: "9", to: "21:00" },
      { from: "21:00" },
      { from: "21:00", to: "08:00", timezone: "Mars/Base" },
      [],
    ]) {
      await expect(settings({ quiet_hours: wrong })).rejects.toThrow("settings.quiet_hours takes");
    }
    await expect(settings({ frequency_cap: { messages: 0, days: 7 } })).rejects.toThrow("settings.frequency_cap takes");
    await expect(
      createContacts(db, tenant, 1).then(() => db.rows("update contacts set timezone = 'Mars/Base'")),
    ).rejects.toThrow("is not known");
  });
});

test("F104: whoever has had the share of a week gets the next campaign when the week is over", async () => {
  await settings({ frequency_cap: { messages: 1, days: 7 } });
  const first = await running(db, tenant, 1);
  expect(await goRound(db, first)).toHaveLength(1);
  const { campaign_id } = await draft(db, tenant);
  await db.as(tenant, "start_campaign_v1", { campaign_id });
  expect(await goRound(db, campaign_id)).toEqual([]);
  const [waits] = await recipients(campaign_id);
  expect(waits).toMatchObject({ state: "pending" });
  expect(Number(waits?.["due_at"]) - Date.now()).toBeGreaterThan(6.9 * 24 * 60 * MINUTE);
  expect(await campaign(campaign_id)).toMatchObject({ status: "RUNNING", pending_count: 1 });
});

test("F104: only a campaign's own end drops who waits, with the reason", async () => {
  const id = await running(db, tenant, 3);
  const [one] = await goRound(db, id, accepts, 1);
  expect(one).toBeDefined();
  const late = await running(db, await createTenant(db.exec), 2);
  await db.rows("update campaigns set expires_at = now() - interval '1 second' where id = $1", [late]);
  expect((await lease(db.exec, late, { batches: 1 })).batches).toEqual([]);
  expect(await recipients(late)).toMatchObject([{ reason: "campaign_expired" }, { state: "expired" }]);
  expect(await campaign(late)).toMatchObject({ status: "COMPLETED", expired_count: 2, pending_count: 0 });
});

test("what the provider holds back keeps a campaign open until it expires", async () => {
  const id = await running(db, tenant, 2);
  let n = 0;
  await goRound(db, id, () =>
    n++ === 0 ? { state: "accepted", provider_id: `wamid.${crypto.randomUUID()}`, held: true } : accepts(),
  );
  expect(await campaign(id)).toMatchObject({ status: "RUNNING", held_count: 1, sent_count: 1 });
  await db.rows("update campaigns set expires_at = now() - interval '1 second' where id = $1", [id]);
  await lease(db.exec, id, { batches: 1 });
  expect(await campaign(id)).toMatchObject({ status: "COMPLETED", held_count: 1 });
});

test("progress tells how many are done, how fast, and when it will be over", async () => {
  const id = await running(db, tenant, 10);
  await goRound(db, id, accepts, 1);
  await db.rows(
    `update campaign_recipients set state = 'pending', message_id = null where id in (
       select id from campaign_recipients where campaign_id = $1 limit 4)`,
    [id],
  );
  await db.rows("update campaigns set status = 'RUNNING', ended_at = null where id = $1", [id]);
  const view = await db.as<CampaignView>(tenant, "resume_campaign_v1", { campaign_id: id });
  expect(view.progress).toMatchObject({
    done: 6,
    rate_per_second: expect.closeTo(1, 0),
    expected_end_at: expect.any(String),
  });
});

describe("the number", () => {
  test("a throttling answer stops the whole number's campaigns for a while, twice as long each time, and uses up no try", async () => {
    const id = await running(db, tenant, 12);
    const channel = () =>
      db.row("select throttled_until, throttle_streak from channels where id = $1", [tenant.channel_id]);
    const free = () =>
      db.rows("update channels set throttled_until = clock_timestamp() - interval '1 second' where id = $1", [
        tenant.channel_id,
      ]);
    const throttled = () => fails("130429", "retry");
    for (let round = 1; round <= 6; round++) {
      await dueNow(id);
      expect(await goRound(db, id, throttled)).toHaveLength(12);
      const { throttled_until, throttle_streak } = await channel();
      expect(throttle_streak).toBe(round);
      expect(Number(throttled_until) - Date.now()).toBeGreaterThan(Math.min(60, 2 ** round) * 1000 - 1900);
      await dueNow(id);
      expect(await goRound(db, id)).toEqual([]);
      expect(await recipients(id)).toMatchObject(
        Array.from({ length: 12 }, () => ({ state: "pending", due_at: throttled_until })),
      );
      await free();
    }
    await dueNow(id);
    expect(await goRound(db, id)).toHaveLength(12);
    expect(await campaign(id)).toMatchObject({ status: "COMPLETED", sent_count: 12, failed_count: 0 });
  });

  test("F87: over everything that is sent to a person, no more than 45 in six seconds, and the debt is paid", async () => {
    const conversation = await db.row(
      `insert into conversations (org_id, business_id, channel_id, contact_id)
       select $1, $2, $3, id from contacts where id = $4 returning id`,
      [tenant.org_id, tenant.business_id, tenant.channel_id, (await createContacts(db, tenant, 1))[0]],
    );
    await db.rows(
      `insert into messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content, delivery_status, seq)
       select v.id, v.business_id, v.org_id, v.channel_id, v.contact_id, 'outbound', 'agent', 'x', 'sending', n
       from conversations v, generate_series(1, 400) n where v.id = $1`,
      [conversation.id],
    );
    const open = async () => {
      const { at } = await db.row("select switchboard.pair_open_at($1) as at", [conversation.id]);
      return at === null ? 0 : Number(at);
    };
    const start = Date.parse("2026-01-01T00:00:00Z");
    const sent: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 30 }),
        async (pauses) => {
          let now = Math.max(start, sent.at(-1) ?? 0);
          for (const pause of [...pauses, ...Array.from({ length: 20 }, () => 1)]) {
            now += pause;
            if ((await open()) > now || sent.length >= 390) continue;
            await db.rows(
              `with m as (select id, conversation_id, business_id, org_id from messages where conversation_id = $1 and seq = $2)
             insert into send_attempts (org_id, business_id, conversation_id, message_id, state, gate, lease_token, started_at, lease_until)
             select org_id, business_id, conversation_id, id, 'sending', '{}', gen_random_uuid(), $3, $3 from m`,
              [conversation.id, sent.length + 1, new Date(now)],
            );
            await db.rows(
              "update send_attempts set state = 'accepted' where conversation_id = $1 and state = 'sending'",
              [conversation.id],
            );
            sent.push(now);
          }
        },
      ),
      { numRuns: 6 },
    );
    expect(sent.length).toBeGreaterThan(60);
    for (const [i, from] of sent.entries()) {
      for (let j = i; j < sent.length; j++) {
        // in any stretch of time: 45, and one more for every six seconds of it
        expect(j - i + 1).toBeLessThanOrEqual(45 + ((sent[j] ?? 0) - from) / 6000);
      }
    }
  });
});

describe("who ought to know", () => {
  const look = () => watch(db.exec, new Date("2026-08-01T00:00:00Z"));
  const alerts = () =>
    db.rows(
      "select kind, subject, resolved_at from alerts where business_id = $1 and kind like 'campaign%' order by kind",
      [tenant.business_id],
    );

  test("F109: a campaign that stops itself is told with its cause, until somebody has resumed it", async () => {
    const id = await running(db, tenant, 60);
    await goRound(db, id, () => fails("132015"), 1);
    await look();
    await look();
    expect(await alerts()).toMatchObject([
      { kind: "campaign_stopped", subject: expect.stringContaining("Refused with 132015"), resolved_at: null },
    ]);
    await db.as(tenant, "cancel_campaign_v1", { campaign_id: id });
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });

  test("F109: one that runs and does not move is told with the reason", async () => {
    const id = await running(db, tenant, 3);
    await look();
    expect(await alerts()).toEqual([]);
    const still = (state: string) =>
      db.rows(`update campaigns set moved_at = now() - interval '6 minutes' where id = $1 and status = $2`, [
        id,
        state,
      ]);
    await still("RUNNING");
    await look();
    expect(await alerts()).toMatchObject([
      { kind: "campaign_stalled", subject: expect.stringContaining("nobody hands them out") },
    ]);
    await lease(db.exec, id, { batches: 1 });
    await still("RUNNING");
    await look();
    expect(await alerts()).toMatchObject([
      { subject: expect.stringContaining("3 recipients are in the queue"), resolved_at: null },
    ]);
    await db.rows(
      "update campaign_recipients set state = 'pending', lease_token = null, lease_until = null where campaign_id = $1",
      [id],
    );
    await goRound(db, id);
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });

  test("F95: one that has not started two minutes after its time is told", async () => {
    await createContacts(db, tenant, 1);
    const { campaign_id } = await draft(db, tenant);
    await db.as(tenant, "schedule_campaign_v1", {
      campaign_id,
      scheduled_at: new Date(Date.now() + MINUTE).toISOString(),
    });
    await look();
    expect(await alerts()).toEqual([]);
    await db.rows("update campaigns set scheduled_at = now() - interval '121 seconds' where id = $1", [campaign_id]);
    await look();
    expect(await alerts()).toMatchObject([{ kind: "campaign_overdue", resolved_at: null }]);
    await lease(db.exec, campaign_id, { batches: 1 });
    await look();
    expect(await alerts()).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });
});

describe("consent", () => {
  test("F112: a campaign by SMS goes to whom agreed to SMS, and to nobody who says STOP before the call, by whichever channel", async () => {
    const sms = await createTenant(db.exec, { channel: { platform: "sms" } });
    const [agreed = "", stops = "", elsewhere = "", other = ""] = await createContacts(db, sms, 4, {
      platform: "sms",
      opted_in: null,
    });
    const say = (contact_id: string, platform: string, topic: string, state: string) =>
      db.as(sms, "record_consent_v1", { contact_id, platform, topic, state, evidence: "said so" });
    for (const id of [agreed, stops, elsewhere]) await say(id, "sms", "marketing", "granted");
    await say(other, "whatsapp", "marketing", "granted");
    const { campaign_id } = await draft(db, sms, {
      template_id: null,
      components: null,
      content: { type: "text", text: "Hello {{contact.name}}" },
    });
    await db.as(sms, "start_campaign_v1", { campaign_id });
    expect(await recipients(campaign_id)).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: "skipped", reason: "no_consent" })]),
    );
    const { batches } = await lease(db.exec, campaign_id, { batches: 1 });
    await say(stops, "sms", "marketing", "withdrawn");
    await say(elsewhere, "whatsapp", "all", "withdrawn");
    const [batch] = batches;
    if (batch === undefined) throw new Error("nothing is due");
    const { attempts } = await claimBatch(db.exec, campaign_id, batch);
    expect(attempts.map(({ attempt }) => attempt.content)).toEqual([{ type: "text", text: "Hello Ana 0" }]);
    const { counters, rows } = await counted(db, campaign_id);
    expect(counters).toEqual(rows);
    expect(counters).toMatchObject({ sending: 1, skipped: 3 });
  });
});
