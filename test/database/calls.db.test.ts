import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeCall } from "../../shared/calls/record.ts";
import { writeTranscript } from "../../shared/calls/transcript.ts";
import { sweepCalls } from "../../shared/calls/sweep.ts";
import { call } from "../../shared/db/call.ts";
import { begin } from "../../shared/turns/begin.ts";
import { seconds } from "../factories/events.ts";
import { insert } from "../factories/tenant.ts";
import type { TenantOptions } from "../factories/tenant.ts";
import { deliveries, permutations } from "../permuter/orders.ts";
import { createLine, newCaller, newTokenHash, story, tell } from "./call-fixtures.ts";
import type { Line } from "./call-fixtures.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

let db: Harness;
beforeAll(async () => {
  db = await openHarness();
});
afterAll(() => db.close());

const callOf = (leg: string) => db.row("select * from calls where carrier_leg_id = $1", [leg]);
const lines = (conversation_id: unknown) =>
  db.rows(
    "select type, direction, content, seq::integer, inbound_version from messages where conversation_id = $1 order by seq",
    [conversation_id],
  );
/** What must come out the same in any order. */
const FACTS = `select state, reason, direction, extract(epoch from ringing_at)::float as ringing, extract(epoch from answered_at)::float as answered,
  extract(epoch from joined_at)::float as joined, extract(epoch from ended_at)::float as ended, end_cause, summary, billed_seconds,
  cost_micro_usd::integer, slot_until, (select count(*)::integer from call_events e where e.call_id = calls.id) as events from calls where carrier_leg_id = $1`;

/** A call that has come in and is being answered. */
async function ringing(options: TenantOptions = {}, on?: Line) {
  const line = on ?? (await createLine(db.exec, options));
  const caller = newCaller();
  const told = story(line, caller, seconds() - 60);
  const { acts } = await tell(db.exec, line, [told.ringing]);
  const row = await callOf(told.leg);
  return { line, caller, told: story_of(told, String(row["id"])), acts, id: String(row["id"]), row };
}
/** The agent's events name the call, as metadata does. */
function story_of(told: ReturnType<typeof story>, call_id: string) {
  const named = (event: (typeof told)["joined"]) => ({ ...event, call_id });
  return { ...told, joined: named(told.joined), ended: named(told.ended), billed: named(told.billed) };
}

describe("events of a call", () => {
  test("F118: in any order, in any pieces and however often, they come to the same row", async () => {
    const line = await createLine(db.exec);
    const seen = new Set<string>();
    const started = seconds() - 120;
    for (const order of deliveries(6, { seed: 5, runs: 0 }).filter((_, i) => i % 24 === 0)) {
      const told = story(line, newCaller(), started);
      // whoever bills or reports an agent knows our call by its id or by its leg, which we learn when we make it
      const carriers = [told.ringing, told.answered, told.hangup];
      await tell(db.exec, line, [carriers[(order.flat()[0] ?? 0) % 3] ?? told.ringing]);
      const { id } = await callOf(told.leg);
      const named = story_of(told, String(id));
      const events = [...carriers, named.joined, named.ended, named.billed];
      for (const n of order.flat()) {
        const event = events[n];
        if (event) await tell(db.exec, line, [event]);
      }
      seen.add(JSON.stringify(await db.row(FACTS, [told.leg])));
    }
    expect([...seen].map((one) => JSON.parse(one))).toEqual([
      {
        state: "completed",
        reason: null,
        direction: "inbound",
        ringing: started,
        answered: started + 2,
        joined: started + 3,
        ended: started + 62,
        end_cause: "normal_clearing",
        summary: "Asked for the opening hours.",
        billed_seconds: 59,
        cost_micro_usd: 49_167,
        slot_until: null,
        events: 6,
      },
    ]);
  });

  test("F119: an end that comes before its beginning closes the call, which is not answered any more", async () => {
    const line = await createLine(db.exec);
    for (const order of permutations([0, 1])) {
      const told = story(line, newCaller(), seconds());
      const acts = [];
      for (const n of order) {
        const event = [told.hangup, told.ringing][n];
        if (event) acts.push(...(await tell(db.exec, line, [event])).acts);
      }
      expect(await callOf(told.leg)).toMatchObject({ state: "missed", answered_at: null });
      expect(acts.map((act) => act.do)).toEqual(order[0] === 0 ? [] : ["answer"]);
    }
  });

  test("two of the same event at once are stored once, and one of them is given the call to answer", async () => {
    const line = await createLine(db.exec);
    const told = story(line, newCaller(), seconds());
    const both = await Promise.all([tell(db.exec, line, [told.ringing]), tell(db.exec, line, [told.ringing])]);
    expect(both.flatMap(({ outcomes }) => outcomes).toSorted()).toEqual(["duplicate", "stored"]);
    expect(both.flatMap(({ acts }) => acts)).toHaveLength(1);
  });

  test("a leg that we dialled ourselves is nobody's call to us", async () => {
    const line = await createLine(db.exec);
    const told = story(line, newCaller(), seconds());
    const { outcomes, acts } = await tell(db.exec, line, [{ ...told.ringing, direction: "outgoing" }]);
    expect({ outcomes, acts }).toEqual({ outcomes: ["quarantined"], acts: [] });
  });

  test("what one organization's key signs touches no other's calls", async () => {
    const { id, told } = await ringing();
    const other = await createLine(db.exec);
    const forged = { ...story_of(told, id).ended, dedupe: "forged" };
    expect((await tell(db.exec, other, [forged])).outcomes).toEqual(["quarantined"]);
    expect((await tell(db.exec, other, [{ ...told.hangup, call_id: id }])).outcomes).toEqual(["quarantined"]);
    expect(await callOf(told.leg)).toMatchObject({ state: "ringing" });
  });
});

describe("a call that comes in", () => {
  test("is given out to be answered with what the agent has to know", async () => {
    const line = await createLine(db.exec, { business: { ai_system_prompt: "You sell bread." } });
    const { acts, row } = await ringing({}, line);
    expect(acts).toMatchObject([
      {
        do: "answer",
        leg: row["carrier_leg_id"],
        max_seconds: 600,
        context: { business: { ai_system_prompt: "You sell bread." } },
      },
    ]);
    expect(row).toMatchObject({
      state: "ringing",
      gate: { allowed: true },
      tool_token_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  const CLOSED = { timezone: "Europe/Berlin", days: {} };
  test.each<[string, TenantOptions, RegExp]>([
    ["channel_active", { channel: { active: false } }, /switched off/],
    ["channel_credentials", { organization: { ultravox_api_key_encrypted: null } }, /No voice agent/],
    ["ai_may_speak", { business: { ai_enabled: false } }, /AI is switched off/],
    ["calling_hours", { channel: { calls_hours: CLOSED } }, /within the number's hours/],
    ["monthly_limit", { organization: { monthly_call_seconds: 0 } }, /call time is used up/],
    ["budget", { organization: { monthly_ai_budget_usd: 0.01 } }, /budget is used up/],
    ["slots", { organization: { calls_at_once: 0 } }, /All lines are busy/],
  ])("F122: is refused by the rule %s, with a reason in its thread", async (rule, options, reason) => {
    const { acts, row } = await ringing(options);
    expect(acts).toMatchObject([{ do: "reject" }]);
    expect(row).toMatchObject({
      state: "refused",
      gate: { allowed: false, rule },
      reason: expect.stringMatching(reason),
      slot_until: null,
    });
    expect(await lines(row["conversation_id"])).toMatchObject([
      { type: "call", content: expect.stringMatching(reason) },
    ]);
  });

  test("from a withheld number is refused and kept", async () => {
    const line = await createLine(db.exec);
    const { ringing: event, leg } = story(line, newCaller(), seconds());
    const anonymous = { ...event, parties: { to: event.parties?.to ?? {} } };
    expect((await tell(db.exec, line, [anonymous])).acts).toMatchObject([{ do: "reject" }]);
    expect(await callOf(leg)).toMatchObject({
      state: "refused",
      contact_id: null,
      reason: expect.stringMatching(/withheld/),
    });
  });

  test("is taken from somebody who wants no calls from us: what is withdrawn is being called unasked", async () => {
    const line = await createLine(db.exec);
    const first = await ringing({}, line);
    await db.rows(
      `insert into consent_records (org_id, business_id, contact_id, platform, topic, state, source, at)
       values ($1, $2, $3, 'voice', 'all', 'withdrawn', 'person', now())`,
      [line.org_id, line.business_id, first.row["contact_id"]],
    );
    const again = story(line, first.caller, seconds());
    expect((await tell(db.exec, line, [again.ringing])).acts).toMatchObject([
      { do: "answer", context: { wants_no_marketing: true } },
    ]);
  });

  test("F121: lines are leases: those of calls that ended, and those that nobody ended, are free again", async () => {
    const line = await createLine(db.exec, { organization: { calls_at_once: 2 } });
    const [a, b] = [await ringing({}, line), await ringing({}, line)];
    expect((await ringing({}, line)).acts).toMatchObject([{ do: "reject" }]);
    await tell(db.exec, line, [a.told.hangup]);
    expect((await ringing({}, line)).acts).toMatchObject([{ do: "answer" }]);
    expect((await ringing({}, line)).acts).toMatchObject([{ do: "reject" }]);
    await db.rows("update calls set slot_until = now() - interval '1 second' where id = $1", [b.id]);
    expect((await ringing({}, line)).acts).toMatchObject([{ do: "answer" }]);
  });

  test("whose answer was never given is given out again once its lease has ended", async () => {
    const { id, line, told } = await ringing();
    const again = { ...told.ringing, dedupe: "again" };
    expect((await tell(db.exec, line, [again])).acts).toEqual([]);
    await db.rows("update calls set acting_until = now() - interval '1 second' where id = $1", [id]);
    expect((await tell(db.exec, line, [again])).acts).toMatchObject([{ do: "answer" }]);
  });
});

describe("what was said", () => {
  const SAID = [
    { n: 1, role: "agent" as const, text: "Good morning!", after_seconds: 0 },
    { n: 2, role: "user" as const, text: "When are you open?", after_seconds: 2 },
  ];

  test("F126: stands in the thread of the number's messages, once, and no AI text turn answers it", async () => {
    const line = await createLine(db.exec, { channel: { platform: "sms", ai_delay_seconds: 600 } });
    const { id, told, row } = await ringing({}, line);
    const { acts } = await tell(db.exec, line, [told.answered]);
    await tell(db.exec, line, [told.joined]);
    expect(acts).toEqual([]);
    await call(db.exec, "call_note_v1", { call_id: id, agent_call_id: told.agent, kind: null, done: true });
    expect((await tell(db.exec, line, [told.ended])).acts).toMatchObject([
      { do: "collect", agent_call_id: told.agent },
    ]);
    expect(await writeTranscript(db.exec, id, SAID)).toBe(2);
    expect(await writeTranscript(db.exec, id, SAID)).toBe(0);
    await tell(db.exec, line, [told.hangup]);
    expect(await lines(row["conversation_id"])).toEqual([
      { type: "transcript", direction: "outbound", content: "Good morning!", seq: 1, inbound_version: null },
      { type: "transcript", direction: "inbound", content: "When are you open?", seq: 2, inbound_version: null },
      {
        type: "call",
        direction: "inbound",
        content: "Call of 0:01:00. Asked for the opening hours.",
        seq: 3,
        inbound_version: null,
      },
    ]);
    expect(await db.conversation(String(row["conversation_id"]))).toMatchObject({ ai_due_at: null, unread_count: 0 });
    const timeline = await db.as<{ messages: { platform: string }[] }>(
      line,
      "get_timeline_v1",
      { contact_id: row["contact_id"], limit: 10 },
      "read",
    );
    expect(timeline.messages.map(({ platform }) => platform)).toEqual(["voice", "voice", "voice"]);
    expect((await begin(db.exec, String(row["conversation_id"]), crypto.randomUUID())).outcome).toBe("idle");
  });
});

describe("the bill", () => {
  test("F123: is unknown until it is told, and the month's sum names how much of it is", async () => {
    const line = await createLine(db.exec);
    const { id, told } = await ringing({}, line);
    await tell(db.exec, line, [told.answered, told.hangup]);
    await tell(db.exec, line, [told.joined, told.ended]);
    expect(await callOf(told.leg)).toMatchObject({ state: "completed", billed_seconds: null, cost_micro_usd: null });
    const usage = async () => (await db.row("select switchboard.call_usage($1) as usage", [line.org_id]))["usage"];
    expect(await usage()).toMatchObject({ unbilled_calls: 1, billed_seconds: null });
    const { billed_seconds: _, ...untold } = { ...told.billed, dedupe: "untold" };
    await tell(db.exec, line, [untold]);
    expect(await callOf(told.leg)).toMatchObject({ billed_seconds: null });
    for (let n = 0; n < 2; n++) await tell(db.exec, line, [told.billed]);
    expect(await usage()).toMatchObject({ calls: 1, unbilled_calls: 0, billed_seconds: 59, cost_micro_usd: 49_167 });
    expect(await db.usage(line)).toMatchObject({ cost_micro_usd: "49167" });
    expect(id).toBeTruthy();
  });

  test("F123: a call without one counts against the budget as long as it lasted", async () => {
    const line = await createLine(db.exec, { organization: { monthly_ai_budget_usd: 0.52 } });
    const { told } = await ringing({}, line);
    await tell(db.exec, line, [told.answered, told.hangup]);
    await tell(db.exec, line, [told.joined]);
    // ten minutes more may cost 0.50 $, the minute before 0.05 $
    expect((await ringing({}, line)).row).toMatchObject({ state: "refused", gate: { rule: "budget" } });
  });
});

describe("the watchdog", () => {
  test("F119: closes what nobody ended with an end that is not known, and believes whoever knows better later", async () => {
    const { line, told, id } = await ringing();
    await tell(db.exec, line, [told.answered]);
    await db.rows("update call_events set at = at - interval '2 hours' where call_id = $1", [id]);
    await db.rows("update calls set answered_at = answered_at - interval '2 hours' where id = $1", [id]);
    expect((await sweepCalls(db.exec, 100)).closed).toBeGreaterThan(0);
    expect(await callOf(told.leg)).toMatchObject({ state: "unknown_end", slot_until: null });
    await tell(db.exec, line, [told.hangup]);
    expect(await callOf(told.leg)).toMatchObject({ state: "completed", end_cause: "normal_clearing" });
    const { conversation_id } = await callOf(told.leg);
    expect(await lines(conversation_id)).toHaveLength(1);
  });

  test("F123: asks for a bill that does not come now and then, and keeps nobody awake in between", async () => {
    const { line, told, id } = await ringing();
    await tell(db.exec, line, [told.answered, told.hangup]);
    await tell(db.exec, line, [told.joined]);
    await db.rows(
      "update calls set transcript_at = now(), acting_until = null, ended_at = now() - interval '1 hour' where id = $1",
      [id],
    );
    // nothing else of this database may be due
    await db.rows("update calls set agent_call_id = null, state = 'missed' where id <> $1", [id]);
    expect(await sweepCalls(db.exec, 100)).toMatchObject({ due: [id], next_due_in_ms: 0 });
    expect(await takeCall(db.exec, id, newTokenHash())).toMatchObject({ do: "reconcile", call_id: id });
    const { due, next_due_in_ms } = await sweepCalls(db.exec, 100);
    expect(due).toEqual([]);
    expect(next_due_in_ms).toBeGreaterThan(500_000);
  });

  test("leaves a call alone that may still go on, and says when to look again", async () => {
    const { told } = await ringing();
    const { next_due_in_ms } = await sweepCalls(db.exec, 100);
    expect(await callOf(told.leg)).toMatchObject({ state: "ringing" });
    expect(next_due_in_ms).toBeLessThanOrEqual(120_000);
  });
});

test.each([
  ["2026-11-20T08:59:00+01:00", false, "2026-11-20T08:00:00.000Z"],
  ["2026-11-20T09:00:00+01:00", true, "2026-11-23T08:00:00.000Z"],
  ["2026-11-20T17:00:00+01:00", false, "2026-11-23T08:00:00.000Z"],
  ["2026-11-21T12:00:00+01:00", false, "2026-11-23T08:00:00.000Z"],
])("F122: at %s a number of office hours in Berlin is open: %s", async (at, open, next) => {
  const day = [["09:00", "17:00"]];
  const hours = { timezone: "Europe/Berlin", days: { mon: day, fri: day } };
  const asked = "select switchboard.is_open($1, $2) as open, switchboard.next_opening($1, $2) as next";
  const found = await db.row(asked, [hours, at]);
  expect(found).toMatchObject({ open, next: new Date(next) });
});

test("hours that cannot be read are not stored", async () => {
  const { channel_id } = await createLine(db.exec);
  for (const odd of [
    {},
    { timezone: "Mars/Base", days: {} },
    { timezone: "UTC", days: { mon: [["9", "5"]] } },
    { timezone: "UTC", days: { mo: [] } },
  ]) {
    await expect(db.rows("update channels set calls_hours = $2 where id = $1", [channel_id, odd])).rejects.toThrow(
      /calls_hours/,
    );
  }
});

test("calls move with their conversation when two contacts become one", async () => {
  const { row, line } = await ringing();
  const other = crypto.randomUUID();
  await db.exec({ role: "switchboard_worker" }, [
    insert("public.contacts", { id: other, org_id: line.org_id, business_id: line.business_id, platform_id: "x" }),
    insert("public.conversations", {
      org_id: line.org_id,
      business_id: line.business_id,
      channel_id: line.channel_id,
      contact_id: other,
    }),
  ]);
  await db.rows("select switchboard.merge_contacts($1, $2, 'test', null)", [row["contact_id"], other]);
  expect(await callOf(String(row["carrier_leg_id"]))).toMatchObject({ contact_id: other });
});
