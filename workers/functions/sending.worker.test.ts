import { afterEach, describe, expect, test } from "vitest";
import { createMember } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, openScene, pass, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { modelSays, resetSimulators } from "../../test/support/simulators.ts";
import { stepsOf } from "../../test/support/steps.ts";

afterEach(resetSimulators);

describe("send-message", () => {
  test("sends, takes the conversation from the AI, and answers what became of the message", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    const { status, body } = await command(scene, "send-message", {
      conversation_id,
      content: "Your order has shipped!",
    });
    expect([status, body]).toEqual([
      200,
      { message_id: expect.any(String), conversation_id, delivery_status: "sending" },
    ]);
    expect(await sends(scene)).toMatchObject([
      { body: { type: "text", text: { body: "Your order has shipped!" }, to: `+${scene.customer}` } },
    ]);
    expect(
      await row`select status, assigned_to, ai_due_at from public.conversations where id = ${conversation_id}`,
    ).toEqual({
      status: "assigned",
      assigned_to: null,
      ai_due_at: null,
    });
  });

  test("takes two SQL calls and one of the provider's", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    expect(await stepsOf(() => command(scene, "send-message", { conversation_id, content: "Hi" }))).toEqual([
      "sql",
      "meta",
      "sql",
    ]);
  });

  test.each([
    [
      "an image by link",
      { content: "See", media: { type: "image", link: "https://example.test/a.jpg" } },
      { type: "image", image: { link: "https://example.test/a.jpg", caption: "See" } },
    ],
    [
      "buttons",
      {
        interactive: {
          type: "button",
          body: { text: "Which?" },
          action: { buttons: [{ type: "reply", reply: { id: "a", title: "A" } }] },
        },
      },
      { type: "interactive" },
    ],
    [
      "a reaction",
      { reaction: { message_id: "wamid.x", emoji: "👍" } },
      { type: "reaction", reaction: { message_id: "wamid.x", emoji: "👍" } },
    ],
    [
      "an answer to one message",
      { content: "Yes", reply_to: "wamid.x" },
      { type: "text", context: { message_id: "wamid.x" } },
    ],
  ])("sends %s", async (_, input, expected) => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    expect(await command(scene, "send-message", { conversation_id, ...input })).toMatchObject({
      status: 200,
      body: { delivery_status: "sending" },
    });
    expect(await sends(scene)).toMatchObject([{ status: 200, body: expected }]);
  });

  test.each([
    ["an empty text", { content: "" }],
    ["a text of 4,097 characters", { content: "x".repeat(4097) }],
    ["text and template", { content: "Hi", template: { name: "hello", language: "en" } }],
    ["media by id and by link", { media: { type: "image", id: "1", link: "https://example.test/a.jpg" } }],
    ["media over plain http", { media: { type: "image", link: "http://example.test/a.jpg" } }],
    ["a caption on a sticker", { content: "See", media: { type: "sticker", id: "1" } }],
  ])("refuses %s with its problems, and keeps nothing", async (_, input) => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    const { status, body } = await command(scene, "send-message", { conversation_id, ...input });
    expect([status, body.code]).toEqual([400, "invalid_input"]);
    expect(body.details.problems.length).toBeGreaterThan(0);
    expect(
      await sql`select id from public.messages where conversation_id = ${conversation_id} and direction = 'outbound'`,
    ).toEqual([]);
  });

  test("F80: after the window has closed answers 422 with the rule, makes no call and keeps the message with its reason", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await sql`update public.conversations set window_expires_at = now() + interval '5 seconds' where id = ${conversation_id}`;
    const { status, body } = await command(scene, "send-message", { conversation_id, content: "Still there?" });
    expect([status, body.code, body.details.rule]).toEqual([422, "gate_refused", "service_window"]);
    expect(body.details).toHaveProperty("allowed_at");
    expect(await sends(scene)).toEqual([]);
    expect(
      await row`select delivery_status, error ->> 'rule' as rule from public.messages where id = ${body.details.message_id}`,
    ).toEqual({
      delivery_status: "failed",
      rule: "service_window",
    });
  });

  test("F112: once the customer has written STOP, no AI reply leaves, and a person's message is refused in words", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello", "Stop. Thank you");
    await pass(conversation_id);
    const { status, body } = await command(scene, "send-message", { conversation_id, content: "One last offer" });
    expect([status, body.code, body.details.rule]).toEqual([422, "gate_refused", "consent"]);
    expect(body.message).toContain('wrote "Stop. Thank you"');
    expect(await sends(scene)).toEqual([]);
  });

  test("from a number that is switched off is 422", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    await sql`update public.channels set active = false where id = ${scene.channel_id}`;
    const { status, body } = await command(scene, "send-message", { conversation_id, content: "Hi" });
    expect([status, body.details.rule]).toEqual([422, "channel_active"]);
    expect(await sends(scene)).toEqual([]);
  });

  describe("with an idempotency key", () => {
    const twice = async (scene: Scene, first: object, second: object) => {
      const conversation_id = await write(scene, "Hello");
      const send = (input: object) =>
        command(scene, "send-message", { conversation_id, idempotency_key: "order-17", ...input });
      return [await send(first), await send(second)] as const;
    };

    test("F72: the same message is sent once and answered twice", async () => {
      const scene = await openScene();
      const [first, second] = await twice(scene, { content: "Shipped" }, { content: "Shipped" });
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(second.body.message_id).toBe(first.body.message_id);
      expect(await sends(scene)).toHaveLength(1);
    });

    test("F72: ten at once are sent once", async () => {
      const scene = await openScene();
      const conversation_id = await write(scene, "Hello");
      const input = { conversation_id, idempotency_key: "order-18", content: "Shipped" };
      const answers = await Promise.all(Array.from({ length: 10 }, () => command(scene, "send-message", input)));
      const served = answers.filter(({ status }) => status === 200);
      expect(new Set(served.map(({ body }) => body.message_id)).size).toBe(1);
      expect(await sends(scene)).toHaveLength(1);
    });

    test("F72: another message under the same key is refused with the first one's id, and not sent", async () => {
      const scene = await openScene();
      const [first, second] = await twice(scene, { content: "Shipped" }, { content: "Delayed" });
      expect(second).toMatchObject({
        status: 422,
        body: { code: "idempotency_mismatch", details: { message_id: first.body.message_id } },
      });
      expect(await sends(scene)).toHaveLength(1);
    });
  });
});

describe("drafts", () => {
  /** A conversation with a draft of the AI's. */
  async function draft(scene: Scene) {
    await modelSays({ reply: "Twelve dollars", confidence: 20 });
    const conversation_id = await write(scene, "What do the mugs cost?");
    await pass(conversation_id);
    const { id } = await row<{
      id: string;
    }>`select id from public.messages where conversation_id = ${conversation_id} and is_draft`;
    return { conversation_id, message_id: id };
  }

  const lineOf = (message_id: string) =>
    row`select content, is_draft, sender_type, delivery_status from public.messages where id = ${message_id}`;
  const feedbackOf = async (message_id: string) =>
    (await row`select human_feedback from public.ai_responses where message_id = ${message_id}`)["human_feedback"];

  test("approve-draft sends it as it is", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    expect(await command(scene, "approve-draft", { message_id, version: 1 })).toMatchObject({
      status: 200,
      body: { message_id, delivery_status: "sending" },
    });
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Twelve dollars"]);
    expect(await lineOf(message_id)).toMatchObject({ is_draft: false, sender_type: "ai" });
    expect(await feedbackOf(message_id)).toBe("approved");
  });

  test("approve-draft sends it as edited, as the person's own words", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    await command(scene, "approve-draft", { message_id, version: 1, content: "Thirteen dollars" });
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Thirteen dollars"]);
    expect(await lineOf(message_id)).toMatchObject({ content: "Thirteen dollars", sender_type: "agent" });
    expect(await feedbackOf(message_id)).toBe("edited");
  });

  test("F58: approved twice at once, it is sent once, and the other hears what is true now", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    const answers = await Promise.all([1, 2].map(() => command(scene, "approve-draft", { message_id, version: 1 })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.details.current).toMatchObject({ is_draft: false });
    expect(await sends(scene)).toHaveLength(1);
  });

  test("F58: a newer line of the customer's makes it outdated: 409 with the version to confirm", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    await write(scene, "And the plates?");
    const { status, body } = await command(scene, "approve-draft", { message_id, version: 1 });
    expect([status, body.details.current]).toMatchObject([
      409,
      { is_draft: true, version: 2, newer_customer_messages: 1 },
    ]);
    expect(await sends(scene)).toEqual([]);
    expect(await command(scene, "approve-draft", { message_id, version: 2 })).toMatchObject({ status: 200 });
  });

  test("an edit that Meta would not take is 400, and the draft stays", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    const { status, body } = await command(scene, "approve-draft", {
      message_id,
      version: 1,
      content: "x".repeat(4097),
    });
    expect([status, body.details.problems.length]).toEqual([400, 1]);
    expect(await lineOf(message_id)).toMatchObject({ is_draft: true });
  });

  test("F80: after the window has closed, approving is 422", async () => {
    const scene = await openScene();
    const { conversation_id, message_id } = await draft(scene);
    await sql`update public.conversations set window_expires_at = now() where id = ${conversation_id}`;
    const { status, body } = await command(scene, "approve-draft", { message_id, version: 1 });
    expect([status, body.details.rule]).toEqual([422, "service_window"]);
    expect(await sends(scene)).toEqual([]);
  });

  test("reject-draft throws it away and keeps the reason", async () => {
    const scene = await openScene();
    const { conversation_id, message_id } = await draft(scene);
    const { body } = await command(scene, "reject-draft", { message_id, version: 1, reason: "Wrong price" });
    expect(body).toEqual({ message_id, conversation_id, rejected: true });
    expect(await sql`select id from public.messages where id = ${message_id}`).toEqual([]);
    expect(
      await row`select human_feedback, human_feedback_reason from public.ai_responses where message_id = ${message_id}`,
    ).toEqual({
      human_feedback: "rejected",
      human_feedback_reason: "Wrong price",
    });
  });

  test("approving what was rejected is 409, rejecting it again too", async () => {
    const scene = await openScene();
    const { message_id } = await draft(scene);
    await command(scene, "reject-draft", { message_id, version: 1 });
    for (const name of ["approve-draft", "reject-draft"]) {
      const { status, body } = await command(scene, name, { message_id, version: 1 });
      expect([status, body.details.current]).toEqual([409, { is_draft: false, outcome: "rejected" }]);
    }
  });
});

test("F32: a message sent with a key is nobody's in particular", async () => {
  const scene = await openScene();
  await createMember(exec, scene);
  const conversation_id = await write(scene, "Hello");
  const { body } = await command(scene, "send-message", { conversation_id, content: "Hi" });
  expect(await row`select sender_type, sender_id from public.messages where id = ${body.message_id}`).toEqual({
    sender_type: "agent",
    sender_id: null,
  });
});
