import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import { command, conversationOf, openScene, pass, sends, stubOf, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { resetSimulators } from "../../test/support/simulators.ts";
import { bodyOf, entryOf, newWamid, post, statusOf, textFrom, unixSeconds } from "../../test/support/webhook.ts";
import { Conversation } from "../conversation/conversation.ts";

afterEach(resetSimulators);

const minutesAgo = (minutes: number) => String(unixSeconds() - minutes * 60);

/** Whether the conversation's object was ever called: an object comes into being with its first call. */
async function wasWoken(conversation_id: string): Promise<boolean> {
  const { id } = stubOf(conversation_id);
  return (await listDurableObjectIds(env.CONVERSATION)).some((known) => known.equals(id));
}

const talkOf = (scene: Scene) =>
  row<{ id: string; status: string; ai_due_at: Date | null; unread_count: number; window_expires_at: Date | null }>`
    select id, status, ai_due_at, unread_count, window_expires_at from public.conversations where channel_id = ${scene.channel_id}`;

async function expectSleeping(scene: Scene): Promise<void> {
  const { id, ai_due_at } = await talkOf(scene);
  expect(ai_due_at).toBeNull();
  expect(await wasWoken(id)).toBe(false);
}

test("a customer's line wakes its conversation's object", async () => {
  const scene = await openScene();
  expect(await wasWoken(await write(scene, "Hello"))).toBe(true);
});

test("F38: the lines of a burst wake their object once", async () => {
  const wake = vi.spyOn(Conversation.prototype, "wake");
  const scene = await openScene();
  await write(scene, "one", "two", "three");
  expect(wake).toHaveBeenCalledOnce();
  wake.mockRestore();
});

describe("what never wakes the AI", () => {
  test("F17: a line that comes 16 minutes late is stored, unread and unanswered", async () => {
    const scene = await openScene();
    await write(scene, textFrom(scene.customer, "Are you there?", { timestamp: minutesAgo(16) }));
    expect(await talkOf(scene)).toMatchObject({ unread_count: 1, status: "ai_handling" });
    await expectSleeping(scene);
  });

  test("F17: a line that comes 14 minutes late is in time", async () => {
    const scene = await openScene();
    expect(await wasWoken(await write(scene, textFrom(scene.customer, "Hello?", { timestamp: minutesAgo(14) })))).toBe(
      true,
    );
  });

  test("F18: imported history wakes nothing, opens no window and costs no quota", async () => {
    const scene = await openScene();
    const lines = [minutesAgo(2), minutesAgo(1)].map((timestamp) =>
      textFrom(scene.customer, "From before", { timestamp }),
    );
    const { id, changes } = entryOf(scene, { history: [{ threads: [{ id: scene.customer, messages: lines }] }] });
    expect(
      (await post(bodyOf({ id, changes: changes.map((change) => ({ ...change, field: "history" })) }))).status,
    ).toBe(200);
    expect(await sql`select origin, read from public.messages where channel_id = ${scene.channel_id}`).toEqual([
      { origin: "history", read: true },
      { origin: "history", read: true },
    ]);
    expect(await talkOf(scene)).toMatchObject({ unread_count: 0, window_expires_at: null });
    await expectSleeping(scene);
    expect(await sql`select used, reserved from public.usage_periods where org_id = ${scene.org_id}`).toEqual([]);
  });

  test("F20: what a person types on the phone is outgoing, nobody's, and quiets the AI", async () => {
    const scene = await openScene();
    const conversation = await write(scene, "Do you have it in blue?");
    const echo = textFrom("15550783881", "We do!", { to: scene.customer });
    const { id, changes } = entryOf(scene, { message_echoes: [echo] });
    await post(bodyOf({ id, changes: changes.map((change) => ({ ...change, field: "smb_message_echoes" })) }));
    expect(
      await row`select direction, origin, sender_type, sender_id from public.messages where wa_message_id = ${echo["id"]}`,
    ).toEqual({
      direction: "outbound",
      origin: "phone",
      sender_type: "agent",
      sender_id: null,
    });
    expect(await talkOf(scene)).toMatchObject({ status: "assigned", ai_due_at: null });
    await pass(conversation);
    expect(await sends(scene)).toEqual([]);
  });

  test.each([
    ["a reaction", { type: "reaction", reaction: { message_id: "wamid.x", emoji: "👍" } }],
    ["a system message", { type: "system", system: { type: "security_code_changed", body: "The code changed" } }],
    [
      "a message that WhatsApp does not support",
      { type: "unsupported", errors: [{ code: 131051, title: "Unsupported" }] },
    ],
    ["a line in a group", { type: "text", text: { body: "hi all" }, group_id: "group-1" }],
  ])("%s", async (_, message) => {
    const scene = await openScene();
    await write(scene, { from: scene.customer, id: newWamid(), timestamp: String(unixSeconds()), ...message });
    await expectSleeping(scene);
  });

  test("a status", async () => {
    const scene = await openScene();
    await post(bodyOf(entryOf(scene, { statuses: [statusOf(newWamid(), "read")] })));
    expect(await sql`select id from public.conversations where channel_id = ${scene.channel_id}`).toEqual([]);
  });

  /** A conversation whose object nobody has called yet. */
  async function quietly(scene: Scene): Promise<string> {
    return write(scene, textFrom(scene.customer, "An old line", { timestamp: minutesAgo(20) }));
  }

  test.each<[what: string, arrange: (scene: Scene, conversation_id: string) => Promise<unknown>]>([
    [
      "that a person has",
      (scene, id) => command(scene, "assign-conversation", { conversation_id: id, team_member_id: null }),
    ],
    ["whose AI is off", (scene, id) => command(scene, "set-ai", { conversation_id: id, enabled: false })],
    [
      "of a workspace whose AI is off",
      (scene) => command(scene, "set-ai", { business_id: scene.business_id, enabled: false }),
    ],
    [
      "of a channel with dead credentials",
      ({ channel_id }) => sql`update public.channels set auth_state = 'auth_error' where id = ${channel_id}`,
    ],
  ])("a line in a conversation %s", async (_, arrange) => {
    const scene = await openScene();
    const conversation = await quietly(scene);
    await arrange(scene, conversation);
    await write(scene, "Anybody there?");
    expect(await talkOf(scene)).toMatchObject({ unread_count: 2 });
    await expectSleeping(scene);
  });

  test("F35: but a line in a resolved conversation reopens it with the AI", async () => {
    const scene = await openScene();
    const conversation = await quietly(scene);
    await command(scene, "resolve-conversation", { conversation_id: conversation });
    expect(await talkOf(scene)).toMatchObject({ status: "resolved" });
    await write(scene, "One more thing");
    expect(await conversationOf(scene)).toBe(conversation);
    expect(await talkOf(scene)).toMatchObject({ status: "ai_handling", ai_due_at: expect.any(Date) });
    expect(await wasWoken(conversation)).toBe(true);
  });
});
