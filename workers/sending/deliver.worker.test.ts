import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import {
  becomeDue,
  command,
  eventually,
  fire,
  openScene,
  pass,
  sends,
  stubOf,
  write,
} from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, modelSays, registerNumber, resetSimulators } from "../../test/support/simulators.ts";
import { bodyOf, entryOf, newWamid, post, statusOf } from "../../test/support/webhook.ts";
import { sweep } from "../../test/support/worker.ts";

// the longest back-off: no alarm goes off before the test fires it
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.99));

afterEach(async () => {
  vi.restoreAllMocks();
  await resetSimulators();
});

/** A person's message to the customer of a conversation that is open at Meta. */
async function say(scene: Scene, content = "Your order has shipped") {
  const conversation_id = await write(scene, "Hello");
  return { conversation_id, ...(await command(scene, "send-message", { conversation_id, content })) };
}

const messageOf = (message_id: string) =>
  row<{ delivery_status: string; wa_message_id: string | null; error: { code: string } | null }>`
    select delivery_status, wa_message_id, error from public.messages where id = ${message_id}`;

const attemptsOf = (message_id: string) =>
  sql`select number, state, error_class, error_code from public.send_attempts where message_id = ${message_id} order by number`;

const channelState = async ({ channel_id }: Scene) =>
  (await row`select auth_state from public.channels where id = ${channel_id}`)["auth_state"];

const report = (scene: Scene, status: Record<string, unknown>) => post(bodyOf(entryOf(scene, { statuses: [status] })));

describe("an answer that is lost", () => {
  test("F69: leaves the message unknown, is never called again, and is settled by the status", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "drop_response" });
    const { conversation_id, body } = await say(scene);
    expect(body).toMatchObject({ delivery_status: "unknown" });
    await becomeDue(conversation_id);
    await sweep();
    await fire(conversation_id);
    const [sent, ...more] = await sends(scene);
    expect(more).toEqual([]);
    const wamid = newWamid();
    await report(scene, statusOf(wamid, "sent", { biz_opaque_callback_data: sent?.body.biz_opaque_callback_data }));
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "sent", wa_message_id: wamid });
    expect(await attemptsOf(body.message_id)).toMatchObject([{ number: 1, state: "accepted" }]);
  });

  test("F69: a proxy's 502 in its place is as unknown as silence", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "status", value: 502 });
    const { body } = await say(scene);
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "unknown" });
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F69: an unknown message does not hold up the next one", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "drop_response", count: 1 });
    const { conversation_id } = await say(scene, "Lost");
    const next = await command(scene, "send-message", { conversation_id, content: "Not lost" });
    expect(next.body).toMatchObject({ delivery_status: "sending" });
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Lost", "Not lost"]);
  });
});

describe("statuses", () => {
  test("F16: one that comes before the answer to the send is kept", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await fault({ provider: "meta", operation: "send", kind: "delay", value: 400 });
    const sending = command(scene, "send-message", { conversation_id, content: "Hi" });
    const [sent] = await eventually(async () => {
      const so_far = await sends(scene);
      return so_far.length > 0 && so_far;
    });
    const { biz_opaque_callback_data } = sent?.body ?? {};
    await report(scene, statusOf(newWamid(), "delivered", { biz_opaque_callback_data }));
    const { body } = await sending;
    expect(body).toMatchObject({ delivery_status: "delivered" });
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "delivered" });
  });

  test("F76: they reach the message through the webhook, and never take it back", async () => {
    const scene = await openScene();
    const { body } = await say(scene);
    const { wa_message_id } = await messageOf(body.message_id);
    for (const status of ["read", "sent", "delivered", "failed"])
      await report(scene, statusOf(wa_message_id ?? "", status));
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "read" });
    expect(await row`select sent_at, delivered_at, read_at from public.messages where id = ${body.message_id}`).toEqual(
      {
        sent_at: expect.any(Date),
        delivered_at: expect.any(Date),
        read_at: expect.any(Date),
      },
    );
  });

  test("F79: a message that Meta holds is neither sent nor failed until Meta says so", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "hold" });
    const { body } = await say(scene);
    expect(body).toMatchObject({ delivery_status: "held" });
    const { wa_message_id } = await messageOf(body.message_id);
    await report(
      scene,
      statusOf(wa_message_id ?? "", "failed", { errors: [{ code: 132015, title: "Template is paused" }] }),
    );
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "failed", error: { code: 132015 } });
  });
});

describe("a refusal", () => {
  test.each([
    [131026, "never", "failed", "ok"],
    [131000, "retry", "queued", "ok"],
    [130429, "retry", "queued", "ok"],
    [131056, "retry_pair", "queued", "ok"],
    [131048, "stop_channel", "failed", "stopped"],
    [190, "auth", "failed", "auth_error"],
  ])("F86: %i is %s: the message is %s and the channel %s", async (value, error_class, delivery_status, state) => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value });
    const { body } = await say(scene);
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status });
    expect((await attemptsOf(body.message_id))[0]).toEqual({
      number: 1,
      state: "failed",
      error_class,
      error_code: String(value),
    });
    expect(await channelState(scene)).toBe(state);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F73, F86: throttled, it is tried again by a new attempt after the back-off, and later messages wait their turn", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131056, count: 1 });
    const { conversation_id, body } = await say(scene, "First");
    await command(scene, "send-message", { conversation_id, content: "Second" });
    expect(await sends(scene)).toHaveLength(1);
    const armed = await runInDurableObject(stubOf(conversation_id), (_, state) => state.storage.getAlarm());
    expect((armed ?? Infinity) - Date.now()).toBeLessThanOrEqual(4_000);
    await pass(conversation_id);
    expect((await sends(scene)).map(({ body: sent }) => sent.text?.body)).toEqual(["First", "First", "Second"]);
    expect(await attemptsOf(body.message_id)).toMatchObject([
      { number: 1, state: "failed", error_code: "131056" },
      { number: 2, state: "accepted" },
    ]);
  });

  test("F74: what fails for good lets the next one go", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131026, count: 1 });
    const { conversation_id } = await say(scene, "First");
    const next = await command(scene, "send-message", { conversation_id, content: "Second" });
    expect(next.body).toMatchObject({ delivery_status: "sending" });
  });

  test("a message is given up after five attempts", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131000 });
    const { conversation_id, body } = await say(scene);
    for (let attempt = 2; attempt <= 5; attempt++) await pass(conversation_id);
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "failed" });
    expect(await sends(scene)).toHaveLength(5);
  });

  test("F44: an AI reply that waits for its next attempt is not sent once a person has acted", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131056, count: 1 });
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    const conversation_id = await write(scene, "What do the mugs cost?");
    await pass(conversation_id);
    const { team_member_id } = scene.owner;
    await command(scene, "assign-conversation", { conversation_id, team_member_id });
    await pass(conversation_id);
    expect(await sends(scene)).toHaveLength(1);
    expect(
      await sql`select is_draft, delivery_status from public.messages where conversation_id = ${conversation_id} and sender_type = 'ai'`,
    ).toEqual([{ is_draft: true, delivery_status: null }]);
  });

  test("F44: nor once the customer has gone on", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131056, count: 1 });
    await modelSays({ reply: "Old", confidence: 99, times: 1 }, { reply: "New", confidence: 99 });
    const conversation_id = await write(scene, "What do the mugs cost?");
    await pass(conversation_id);
    await write(scene, "I mean three of them");
    await pass(conversation_id);
    await eventually(async () => (await sends(scene)).length > 1);
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Old", "New"]);
  });

  test("an AI reply that Meta refuses for good gets the customer a person", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "error", value: 131026 });
    const conversation_id = await write(scene, "Hello");
    await pass(conversation_id);
    expect(
      await row`select status, needs_human_reason from public.conversations where id = ${conversation_id}`,
    ).toEqual({
      status: "assigned",
      needs_human_reason: "reply_not_delivered",
    });
  });
});

describe("credentials", () => {
  const revoke = (scene: Scene) =>
    registerNumber({
      phone_number_id: scene.phone_number_id,
      display_phone_number: "+15550001111",
      waba_id: scene.waba_id,
      access_token: "EAAanother",
    });

  test("F84: a dead token marks the channel once, and the next send is refused without a call", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await revoke(scene);
    const first = await command(scene, "send-message", { conversation_id, content: "One" });
    expect(first.body).toMatchObject({ delivery_status: "failed" });
    const marked =
      await row`select auth_state, auth_state_reason, auth_state_changed_at from public.channels where id = ${scene.channel_id}`;
    expect(marked).toMatchObject({ auth_state: "auth_error", auth_state_reason: expect.stringContaining("token") });
    const second = await command(scene, "send-message", { conversation_id, content: "Two" });
    expect([second.status, second.body.details.rule]).toEqual([422, "channel_credentials"]);
    expect(await sends(scene)).toHaveLength(1);
    expect(
      await row`select auth_state, auth_state_reason, auth_state_changed_at from public.channels where id = ${scene.channel_id}`,
    ).toEqual(marked);
  });

  test("F84: a token that cannot be opened is as dead, and no call is made", async () => {
    const scene = await openScene();
    const elsewhere = await openScene();
    await sql`update public.channels c set access_token = o.access_token from public.channels o
      where c.id = ${scene.channel_id} and o.id = ${elsewhere.channel_id}`;
    const { body } = await say(scene);
    expect(await messageOf(body.message_id)).toMatchObject({
      delivery_status: "failed",
      error: { code: "no_credentials" },
    });
    expect(await channelState(scene)).toBe("auth_error");
    expect(await sends(scene)).toEqual([]);
  });

  test("F85: a 401 that is not Meta's own voice leaves the channel in service", async () => {
    const scene = await openScene();
    await fault({ provider: "meta", operation: "send", kind: "status", value: 401, count: 1 });
    const { conversation_id, body } = await say(scene);
    expect(await channelState(scene)).toBe("ok");
    await pass(conversation_id);
    expect(await messageOf(body.message_id)).toMatchObject({ delivery_status: "sending" });
  });
});

test("F70: two who claim at once make one call", async () => {
  const scene = await openScene();
  await fault({ provider: "meta", operation: "send", kind: "error", value: 131056, count: 1 });
  const { conversation_id } = await say(scene);
  await becomeDue(conversation_id);
  await Promise.all([fire(conversation_id), command(scene, "send-message", { conversation_id, content: "Another" })]);
  await eventually(async () => (await sends(scene)).length >= 3);
  const made = (await sends(scene)).map(({ body }) => body.biz_opaque_callback_data);
  expect(new Set(made).size).toBe(made.length);
  expect(made).toHaveLength(3);
});
