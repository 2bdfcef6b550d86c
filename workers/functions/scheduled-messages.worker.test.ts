import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { userClient } from "../../test/support/client.ts";
import { row, sql } from "../../test/support/database.ts";
import { command, openScene, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { resetSimulators } from "../../test/support/simulators.ts";
import { sweep } from "../../test/support/worker.ts";

let scene: Scene;
let conversation_id: string;
beforeEach(async () => {
  scene = await openScene();
  conversation_id = await write(scene, "Hi");
});
afterEach(resetSimulators);

const schedule = (change: object = {}) =>
  command(scene, "schedule-message", {
    conversation_id,
    after_seconds: 3600,
    content: "Are you still there?",
    ...change,
  });
const due = () =>
  sql`update public.scheduled_messages set due_at = now() - interval '1 second' where conversation_id = ${conversation_id} and state = 'scheduled'`;
const state = (id: string) => row`select state, reason from public.scheduled_messages where id = ${id}`;
const shutWindow = () =>
  sql`update public.conversations set window_expires_at = now() - interval '1 hour' where id = ${conversation_id}`;

async function release(): Promise<void> {
  await due();
  await sweep();
}

test("it leaves when it is due, once, and not before; the AI keeps the conversation", async () => {
  const { body: one } = await schedule();
  expect(one).toMatchObject({ state: "scheduled", on_reply: "hold" });
  await sweep();
  expect(await sends(scene)).toEqual([]);
  await release();
  await sweep();
  expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Are you still there?"]);
  expect(
    await row`select s.state, m.content, m.delivery_status from public.scheduled_messages s join public.messages m on m.id = s.message_id
    where s.id = ${one.scheduled_message_id}`,
  ).toMatchObject({ state: "sent", content: "Are you still there?" });
  expect(await row`select status from public.conversations where id = ${conversation_id}`).toEqual({
    status: "ai_handling",
  });
  expect(
    await command(scene, "cancel-scheduled-message", { scheduled_message_id: one.scheduled_message_id }),
  ).toMatchObject({ status: 409 });
});

describe("F83: the customer writes before it is due", () => {
  test("it is held and somebody is told; a person cancels it", async () => {
    const { body: one } = await schedule();
    await write(scene, "Yes, I am");
    await release();
    expect(await sends(scene)).toEqual([]);
    expect(await state(one.scheduled_message_id)).toEqual({ state: "held", reason: "The customer has written since." });
    const told = () => row`select needs_human_reason as reason from public.conversations where id = ${conversation_id}`;
    expect(await told()).toEqual({ reason: "scheduled_message_held" });
    const cancelled = await command(scene, "cancel-scheduled-message", {
      scheduled_message_id: one.scheduled_message_id,
    });
    expect(cancelled.body).toMatchObject({ state: "cancelled" });
    expect(await told()).toEqual({ reason: null });
  });

  test("a follow-up falls away, and what is to be sent all the same is sent", async () => {
    const { body: followUp } = await schedule({ on_reply: "cancel" });
    await schedule({ on_reply: "send", content: "We open at nine tomorrow." });
    await write(scene, "Yes, I am");
    await release();
    expect(await state(followUp.scheduled_message_id)).toMatchObject({ state: "cancelled" });
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["We open at nine tomorrow."]);
  });

  test("an answer on another channel is an answer", async () => {
    const { body: one } = await schedule();
    await sql`with c as (insert into public.channels (org_id, business_id, provider, platform) values (${scene.org_id}, ${scene.business_id}, 'twilio', 'sms') returning id),
      v as (insert into public.conversations (org_id, business_id, channel_id, contact_id, last_message_at)
        select ${scene.org_id}, ${scene.business_id}, c.id, o.contact_id, now() from c, public.conversations o where o.id = ${conversation_id} returning *)
      insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content)
      select id, business_id, org_id, channel_id, contact_id, 'inbound', 'contact', 'By SMS' from v`;
    await release();
    expect(await state(one.scheduled_message_id)).toMatchObject({ state: "held" });
  });

  test("the line and the release meet: either it is held, or it left before the line was here", async () => {
    const { body: one } = await schedule();
    await due();
    await Promise.all([write(scene, "Wait"), sweep()]);
    const { state: end } = await state(one.scheduled_message_id);
    if (end === "held") return expect(await sends(scene)).toEqual([]);
    const order = await sql<{
      direction: string;
    }>`select direction from public.messages where conversation_id = ${conversation_id} order by seq`;
    expect(order.map(({ direction }) => direction)).toEqual(["inbound", "outbound", "inbound"]);
  });
});

describe("F82: the window has closed by the time it is due", () => {
  test("it stands in the thread as failed, with the reason, and somebody is told", async () => {
    const { body: one } = await schedule();
    await shutWindow();
    await release();
    expect(await sends(scene)).toEqual([]);
    expect(
      await row`select s.state, s.reason, m.delivery_status, m.error ->> 'rule' as rule, v.needs_human_reason as told
      from public.scheduled_messages s join public.messages m on m.id = s.message_id join public.conversations v on v.id = s.conversation_id
      where s.id = ${one.scheduled_message_id}`,
    ).toEqual({
      state: "failed",
      reason: expect.stringContaining("More than 24 hours"),
      delivery_status: "failed",
      rule: "service_window",
      told: "scheduled_message_failed",
    });
  });

  test("a fallback template goes in its place", async () => {
    const { body: one } = await schedule({ fallback_template: { name: "hello_world", language: "en_US" } });
    await shutWindow();
    await release();
    expect((await sends(scene)).map(({ body }) => body.type)).toEqual(["template"]);
    expect(await state(one.scheduled_message_id)).toEqual({
      state: "sent",
      reason: "The fallback was sent in its place.",
    });
  });
});

test("behind a message that is under way it waits, and keeps its place", async () => {
  const { body: one } = await schedule();
  await sql`insert into public.send_attempts (org_id, business_id, conversation_id, message_id, due_at)
    select org_id, business_id, conversation_id, id, now() + interval '1 hour' from public.messages where conversation_id = ${conversation_id}`;
  await release();
  expect(await state(one.scheduled_message_id)).toMatchObject({ state: "scheduled" });
  await sql`delete from public.send_attempts where conversation_id = ${conversation_id}`;
  await release();
  expect(await state(one.scheduled_message_id)).toMatchObject({ state: "sent" });
});

test("what cannot be scheduled is refused with the reason, and nothing is half made", async () => {
  for (const [change, words] of [
    [{ after_seconds: undefined, due_at: "2020-01-01T00:00:00Z" }, "in the past"],
    [{ after_seconds: undefined, due_at: "2099-01-01T00:00:00+01:00" }, "more than a year"],
    [{ after_seconds: undefined, due_at: "2030-03-31T02:30:00" }, "not what this command takes"],
    [{ content: " " }, "text is empty"],
    [{ after_seconds: undefined }, "not what this command takes"],
    [{ content: undefined, template: { name: "No such", language: "en" } }, "template name"],
  ] as const) {
    const refused = await schedule(change);
    expect(refused, words).toMatchObject({ status: 400, body: { message: expect.stringContaining(words) } });
  }
  expect(await sql`select 1 from public.scheduled_messages where conversation_id = ${conversation_id}`).toEqual([]);
});

test("asked twice with one key it is there once; /rest lists it to those of the workspace and nobody else", async () => {
  const { body: one } = await schedule({ idempotency_key: "a" });
  expect((await schedule({ idempotency_key: "a" })).body).toEqual(one);
  expect(await schedule({ idempotency_key: "a", content: "Another" })).toMatchObject({ status: 422 });
  const list = async (user_id: string) =>
    (await (await userClient(user_id)).from("scheduled_messages").select("id, state, due_at")).data;
  expect(await list(scene.owner.user_id)).toMatchObject([{ id: one.scheduled_message_id, state: "scheduled" }]);
  const stranger = await openScene();
  expect(await list(stranger.owner.user_id)).toEqual([]);
  expect(
    await command(stranger, "cancel-scheduled-message", { scheduled_message_id: one.scheduled_message_id }),
  ).toMatchObject({ status: 404 });
});
