import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { claim } from "../../shared/sending/claim.ts";
import { record } from "../../shared/sending/record.ts";
import { echo, message } from "../factories/events.ts";
import { createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { FIGURES, held, opened, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

const commitOn = ({ turn }: Awaited<ReturnType<Harness["begun"]>>, change = {}) =>
  commit(db.exec, turn, verdict(change), FIGURES);
const repliesOf = async (id: string) => (await db.messages(id)).filter(({ sender_type }) => sender_type === "ai");

test("F41: a message between begin and commit discards the answer and keeps the turn due", async () => {
  const work = await db.begun(tenant);
  await db.arrive(message(tenant.phone_number_id, work.customer, { content: "And on Sundays?" }));
  expect(await commitOn(work)).toEqual({ outcome: "superseded", reason: "newer_message" });
  expect(await repliesOf(work.conversation_id)).toEqual([]);
  const again = opened(await begin(db.exec, work.conversation_id, crypto.randomUUID()));
  expect(again.context.messages.map(({ content, unanswered }) => [content, unanswered])).toEqual([
    ["Hello", true],
    ["And on Sundays?", true],
  ]);
});

test("F41: a message that is being stored while the commit runs is waited for, and wins", async () => {
  const work = await db.begun(tenant);
  const other = await db.connect();
  await other.query("begin");
  const events = [message(tenant.phone_number_id, work.customer)];
  await other.query("select switchboard.ingest_v1($1)", [
    { provider: "meta", received_at: Date.now() / 1000, items: events },
  ]);
  const committing = commitOn(work);
  await db.waiting();
  await other.query("commit");
  expect(await committing).toMatchObject({ outcome: "superseded" });
});

test("F41: many messages and commits at once: no reply is committed on an old view", async () => {
  const works = await Promise.all(Array.from({ length: 12 }, () => db.begun(tenant)));
  await Promise.all(
    works.flatMap((work) => [commitOn(work), db.arrive(message(tenant.phone_number_id, work.customer))]),
  );
  for (const { conversation_id } of works) {
    const [turn] = await db.turns(conversation_id);
    const { inbound_version, answered_version } = await db.conversation(conversation_id);
    expect(Number(inbound_version)).toBe(2);
    expect([turn?.["state"], Number(answered_version)]).toEqual(
      turn?.["state"] === "committed" ? ["committed", 1] : ["superseded", 0],
    );
  }
});

describe("F43: a human act", () => {
  const acts: [string, (work: Awaited<ReturnType<Harness["begun"]>>) => Promise<unknown>][] = [
    ["a message", ({ conversation_id }) => sendAs(conversation_id)],
    ["taking the conversation", ({ conversation_id }) => assign(conversation_id)],
    ["switching the AI off and on", ({ conversation_id }) => toggle(conversation_id)],
    ["typing on the phone", ({ customer }) => db.arrive(echo(tenant.phone_number_id, customer))],
    ["resolving", ({ conversation_id }) => db.as(tenant, "resolve_conversation_v1", { conversation_id })],
  ];
  const sendAs = (conversation_id: string) => db.says(tenant, conversation_id, "I am on it");
  const assign = (conversation_id: string) =>
    db.as(tenant, "assign_conversation_v1", { conversation_id, team_member_id: tenant.owner.team_member_id });
  const toggle = async (conversation_id: string) => {
    await db.as(tenant, "set_ai_v1", { conversation_id, enabled: false });
    await db.as(tenant, "set_ai_v1", { conversation_id, enabled: true });
  };

  test.each(acts)("F43: %s during generation refuses the commit", async (_name, act) => {
    const work = await db.begun(tenant);
    await act(work);
    expect(await commitOn(work)).toEqual({ outcome: "superseded", reason: "human_act" });
    expect(await repliesOf(work.conversation_id)).toEqual([]);
  });

  test("F43: an act that is not committed yet is waited for, and wins", async () => {
    const work = await db.begun(tenant);
    const person = await db.connect();
    await person.query("begin");
    await person.query("update conversations set status = 'assigned' where id = $1", [work.conversation_id]);
    const committing = commitOn(work);
    await db.waiting();
    await person.query("commit");
    expect(await committing).toMatchObject({ outcome: "superseded", reason: "human_act" });
  });

  test("F43: on another channel of the same contact it stops the turn here too", async () => {
    const work = await db.begun(tenant);
    await db.rows(
      `with c as (insert into channels (org_id, business_id) values ($1, $2) returning id)
       insert into conversations (org_id, business_id, channel_id, contact_id)
       select $1, $2, c.id, v.contact_id from c, conversations v where v.id = $3`,
      [tenant.org_id, tenant.business_id, work.conversation_id],
    );
    await db.rows(
      `update conversations set status = 'assigned' where id <> $1
       and contact_id = (select contact_id from conversations where id = $1)`,
      [work.conversation_id],
    );
    expect(await commitOn(work)).toMatchObject({ outcome: "superseded", reason: "human_act" });
  });

  test("F44: a reply that waits behind a call in flight is withdrawn when a person speaks first", async () => {
    const work = await db.begun(tenant);
    const first = held((await commitOnCommitted(work)).next);
    await db.arrive(message(tenant.phone_number_id, work.customer, { content: "One more thing" }));
    const second = opened(await begin(db.exec, work.conversation_id, crypto.randomUUID()));
    expect(await commit(db.exec, second.turn, verdict({ reply: "Second reply" }), FIGURES)).toMatchObject({
      outcome: "committed",
      next: { outcome: "busy" },
    });
    await sendAs(work.conversation_id);
    const { next } = await record(db.exec, first, { state: "accepted", provider_id: "wamid.first", held: false });
    expect(held(next).content).toEqual({ type: "text", text: "I am on it" });
    const reply = (await repliesOf(work.conversation_id)).find(({ content }) => content === "Second reply");
    expect(reply).toMatchObject({ is_draft: true, delivery_status: null });
  });

  test("F44: a repetition is not made when a person has spoken since the first call", async () => {
    const work = await db.begun(tenant);
    const attempt = held((await commitOnCommitted(work)).next);
    await record(db.exec, attempt, {
      state: "failed",
      class: "retry",
      code: "2",
      title: "later",
      retry_after_ms: 60_000,
    });
    await assign(work.conversation_id);
    await db.rows("update send_attempts set due_at = now() where conversation_id = $1", [work.conversation_id]);
    expect(await claim(db.exec, work.conversation_id)).toEqual({ outcome: "idle" });
    expect((await db.attempts(work.conversation_id)).map(({ state }) => state)).toEqual(["failed", "cancelled"]);
  });
});

async function commitOnCommitted(work: Awaited<ReturnType<Harness["begun"]>>) {
  const committed = await commitOn(work);
  if (committed.outcome !== "committed") throw new Error(`not committed: ${committed.outcome}`);
  return committed;
}

test("F48: the same turn begun and committed twice gives one answer and one claimed send", async () => {
  const work = await db.begun(tenant);
  const twin = opened(await begin(db.exec, work.conversation_id, work.turn.id));
  expect(twin.turn).toEqual(work.turn);
  const outcomes = await Promise.all([commitOn(work), commitOn(work)]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(["committed", "committed"]);
  expect(outcomes.map((one) => "next" in one && one.next.outcome).toSorted()).toEqual(["busy", "claimed"]);
  expect(await repliesOf(work.conversation_id)).toHaveLength(1);
  expect(await db.attempts(work.conversation_id)).toHaveLength(1);
});

test("F41: of two that run the same turn, the one that has read less cannot commit", async () => {
  const work = await db.begun(tenant);
  await db.arrive(message(tenant.phone_number_id, work.customer, { content: "Stop, I meant tomorrow" }));
  const twin = opened(await begin(db.exec, work.conversation_id, work.turn.id));
  expect(twin.turn.cursor).toBe(2);
  expect(await commitOn(work)).toEqual({ outcome: "lost", state: "generating" });
  expect(await commit(db.exec, twin.turn, verdict(), FIGURES)).toMatchObject({ outcome: "committed" });
});

test.each([
  ["F59: auto-send switched off during generation makes a draft", { ai_auto_send: false }, "draft", "auto_send_off"],
  ["F80: a window that closes during generation makes a draft", {}, "draft", "service_window"],
])("%s", async (_title, channel, decision, reason) => {
  const own = await createTenant(db.exec);
  const work = await db.begun(own);
  for (const [column, value] of Object.entries(channel)) {
    await db.rows(`update channels set ${column} = $2 where id = $1`, [own.channel_id, value]);
  }
  if (reason === "service_window") {
    await db.rows("update conversations set window_expires_at = now() + interval '5 seconds' where id = $1", [
      work.conversation_id,
    ]);
  }
  expect(await commitOn(work)).toMatchObject({ outcome: "committed", decision, reason, next: { outcome: "idle" } });
  expect(await repliesOf(work.conversation_id)).toMatchObject([{ is_draft: true, delivery_status: null }]);
});

test.each([
  ["the business's AI", "update businesses set ai_enabled = false where id = $1", "business_ai_off"],
  ["the business", "update businesses set is_active = false where id = $1", "business_inactive"],
])("F59: %s switched off during generation cancels the turn", async (_title, statement, reason) => {
  const own = await createTenant(db.exec);
  const work = await db.begun(own);
  await db.rows(statement, [own.business_id]);
  expect(await commitOn(work)).toEqual({ outcome: "cancelled", reason });
  expect(await repliesOf(work.conversation_id)).toEqual([]);
  expect(await db.conversation(work.conversation_id)).toMatchObject({ ai_due_at: null, ai_blocked_reason: reason });
});

test("F57: a handover is one commit: state, reason, moment and the reply kept as a draft", async () => {
  const work = await db.begun(tenant);
  await commitOn(work, { decision: "handoff", reason: "needs_human", needs_human_reason: "wants a refund" });
  const talk = await db.conversation(work.conversation_id);
  expect(talk).toMatchObject({ status: "assigned", assigned_to: null, needs_human_reason: "wants a refund" });
  expect(talk["needs_human_since"]).toBeInstanceOf(Date);
  expect(await repliesOf(work.conversation_id)).toMatchObject([{ is_draft: true }]);
  expect(await begin(db.exec, work.conversation_id, crypto.randomUUID())).toMatchObject({ outcome: "idle" });
});

test("an answer without text hands over instead of sending nothing", async () => {
  const work = await db.begun(tenant);
  expect(await commitOn(work, { reply: null })).toMatchObject({ decision: "handoff", reason: "answer_empty" });
  expect(await db.attempts(work.conversation_id)).toEqual([]);
});

test("what the model made of the lines stands on the last one it read, edited or not", async () => {
  const work = await db.begun(tenant);
  const [line] = await db.messages(work.conversation_id);
  await db.rows("select switchboard.apply_change($1, $2)", [
    line?.["id"],
    { kind: "edit", provider_id: "wamid.edit", at: Date.now() / 1000, type: "text", content: "Hi", raw: { id: "e" } },
  ]);
  const again = opened(await begin(db.exec, work.conversation_id, work.turn.id));
  await commit(db.exec, again.turn, verdict(), FIGURES);
  expect((await db.messages(work.conversation_id))[0]).toMatchObject({
    ai_processed: true,
    ai_extracted_intent: "opening hours",
  });
});
