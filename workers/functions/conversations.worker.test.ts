import { afterEach, describe, expect, test } from "vitest";
import { createMember } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, fire, openScene, pass, readMarks, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { modelSays, resetSimulators } from "../../test/support/simulators.ts";
import { textFrom } from "../../test/support/webhook.ts";

afterEach(resetSimulators);

async function conversation(): Promise<{ scene: Scene; conversation_id: string }> {
  const scene = await openScene();
  return { scene, conversation_id: await write(scene, "What do the mugs cost?") };
}

describe("assign-conversation", () => {
  test("gives it to a member, raises the epoch and silences the AI", async () => {
    const { scene, conversation_id } = await conversation();
    const { team_member_id } = scene.owner;
    const { status, body } = await command(scene, "assign-conversation", { conversation_id, team_member_id });
    expect([status, body]).toMatchObject([
      200,
      { status: "assigned", assigned_to: team_member_id, assigned_to_name: "Owner", epoch: 1 },
    ]);
    await pass(conversation_id);
    expect(await sends(scene)).toEqual([]);
  });

  test("F37: of two who take it at once one wins, and the other hears who", async () => {
    const { scene, conversation_id } = await conversation();
    await command(scene, "assign-conversation", { conversation_id, team_member_id: null });
    const members = [
      await createMember(exec, scene, { name: "Ana" }),
      await createMember(exec, scene, { name: "Ben" }),
    ];
    const answers = await Promise.all(
      members.map(({ team_member_id }) => command(scene, "assign-conversation", { conversation_id, team_member_id })),
    );
    const winner = answers.find(({ status }) => status === 200);
    const loser = answers.find(({ status }) => status === 409);
    expect(["Ana", "Ben"]).toContain(winner?.body.assigned_to_name);
    expect(loser?.body.details.current).toMatchObject({ assigned_to_name: winner?.body.assigned_to_name });
  });

  test("taking over needs the epoch last seen", async () => {
    const { scene, conversation_id } = await conversation();
    const [ana, ben] = [await createMember(exec, scene), await createMember(exec, scene)];
    const first = await command(scene, "assign-conversation", { conversation_id, team_member_id: ana.team_member_id });
    const take = (expected_epoch: number) =>
      command(scene, "assign-conversation", { conversation_id, team_member_id: ben.team_member_id, expected_epoch });
    expect(await take(first.body.epoch - 1)).toMatchObject({
      status: 409,
      body: { details: { current: { assigned_to: ana.team_member_id } } },
    });
    expect(await take(first.body.epoch)).toMatchObject({ status: 200, body: { assigned_to: ben.team_member_id } });
  });

  test("to somebody who does not work here is 404", async () => {
    const { scene, conversation_id } = await conversation();
    const stranger = (await openScene()).owner;
    const unassigned = await createMember(exec, scene, { assigned: false });
    for (const { team_member_id } of [stranger, unassigned]) {
      expect(await command(scene, "assign-conversation", { conversation_id, team_member_id })).toMatchObject({
        status: 404,
        body: { details: { team_member_id } },
      });
    }
  });
});

describe("resolve-conversation and reopen-conversation", () => {
  test("close it for the AI, and give it back", async () => {
    const { scene, conversation_id } = await conversation();
    expect(await command(scene, "resolve-conversation", { conversation_id })).toMatchObject({
      status: 200,
      body: { status: "resolved" },
    });
    await pass(conversation_id);
    expect(await sends(scene)).toEqual([]);
    const reopened = await command(scene, "reopen-conversation", { conversation_id });
    expect([reopened.status, reopened.body]).toMatchObject([200, { status: "ai_handling", assigned_to: null }]);
    expect(reopened.body).not.toHaveProperty("wake");
  });

  test("F39: lines that came while a person had it are answered after it is given back", async () => {
    const { scene, conversation_id } = await conversation();
    await command(scene, "assign-conversation", { conversation_id, team_member_id: null });
    await fire(conversation_id);
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    await command(scene, "reopen-conversation", { conversation_id });
    await pass(conversation_id);
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(["Twelve dollars"]);
  });
});

describe("set-ai", () => {
  test("off stops a turn that is due; on answers what is open", async () => {
    const { scene, conversation_id } = await conversation();
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    expect(await command(scene, "set-ai", { conversation_id, enabled: false })).toMatchObject({
      status: 200,
      body: { ai_enabled: false },
    });
    await pass(conversation_id);
    expect(await sends(scene)).toEqual([]);
    expect(await command(scene, "set-ai", { conversation_id, enabled: true })).toMatchObject({
      status: 200,
      body: { ai_enabled: true },
    });
    await pass(conversation_id);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("off for a workspace silences all of its conversations", async () => {
    const { scene, conversation_id } = await conversation();
    const { body } = await command(scene, "set-ai", { business_id: scene.business_id, enabled: false });
    expect(body).toEqual({ business_id: scene.business_id, ai_enabled: false });
    await pass(conversation_id);
    expect(await sends(scene)).toEqual([]);
    expect(await row`select ai_blocked_reason from public.conversations where id = ${conversation_id}`).toEqual({
      ai_blocked_reason: "business_ai_off",
    });
  });

  test("on for a workspace wakes what has waited, without a sweep", async () => {
    const scene = await openScene();
    await command(scene, "set-ai", { business_id: scene.business_id, enabled: false });
    const conversation_id = await write(scene, "What is the price?");
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    const { body } = await command(scene, "set-ai", { business_id: scene.business_id, enabled: true });
    expect(body).toEqual({ business_id: scene.business_id, ai_enabled: true });
    await pass(conversation_id);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("of another tenant's workspace is 404", async () => {
    const [own, foreign] = [await openScene(), await openScene()];
    expect(await command(own, "set-ai", { business_id: foreign.business_id, enabled: false })).toMatchObject({
      status: 404,
    });
    expect(await row`select ai_enabled from public.businesses where id = ${foreign.business_id}`).toEqual({
      ai_enabled: true,
    });
  });
});

describe("mark-read", () => {
  test("F33: takes the lines off every counter, and tells Meta which one was read last", async () => {
    const scene = await openScene();
    const last = textFrom(scene.customer, "Hello?");
    const conversation_id = await write(scene, "Hi", last);
    expect(await command(scene, "mark-read", { conversation_id })).toMatchObject({
      status: 200,
      body: { unread_count: 0 },
    });
    expect(await sql`select unread_count from public.contacts where business_id = ${scene.business_id}`).toEqual([
      { unread_count: 0 },
    ]);
    expect(await readMarks(scene)).toEqual([{ messaging_product: "whatsapp", status: "read", message_id: last["id"] }]);
  });

  test("twice is harmless", async () => {
    const { scene, conversation_id } = await conversation();
    await command(scene, "mark-read", { conversation_id });
    expect(await command(scene, "mark-read", { conversation_id })).toMatchObject({
      status: 200,
      body: { unread_count: 0 },
    });
  });
});
