import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { client, userClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { createMember } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, eventually, fire, openScene, pass, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { modelSays, resetSimulators } from "../../test/support/simulators.ts";

let scene: Scene;
let conversation_id: string;
let owner: Client;
let agent: Client;
let viewer: Client;
let agent_id: string;

beforeEach(async () => {
  scene = await openScene();
  conversation_id = await write(scene, "What do the mugs cost?");
  const member = await createMember(exec, scene);
  agent_id = member.team_member_id;
  const looking = await createMember(exec, scene, { role: null });
  await sql`update public.team_assignments set role = 'client_viewer' where team_member_id = ${looking.team_member_id}`;
  owner = await userClient(scene.owner.user_id);
  agent = await userClient(member.user_id);
  viewer = await userClient(looking.user_id);
});
afterEach(resetSimulators);

const line = (change: object = {}) => ({
  conversation_id,
  business_id: scene.business_id,
  org_id: scene.org_id,
  direction: "outbound",
  sender_type: "agent",
  content: "Your order has shipped!",
  ...change,
});
const conversation = () =>
  row`select status, assigned_to, epoch::int, ai_due_at from public.conversations where id = ${conversation_id}`;

describe("a message that a dashboard inserts", () => {
  test("is sent, in the person's name, and the person has the conversation", async () => {
    const { data, error } = await agent.from("messages").insert(line()).select("id, delivery_status").single();
    expect(error).toBeNull();
    expect(data).toMatchObject({ delivery_status: "queued" });
    await eventually(async () => (await sends(scene)).length === 1);
    expect(await sends(scene)).toMatchObject([{ body: { type: "text", text: { body: "Your order has shipped!" } } }]);
    expect(await conversation()).toMatchObject({
      status: "assigned",
      assigned_to: agent_id,
      epoch: 1,
      ai_due_at: null,
    });
    expect(await row`select sender_id, origin, seq::int from public.messages where id = ${data?.id}`).toEqual({
      sender_id: agent_id,
      origin: "api",
      seq: 2,
    });
  });

  test("F43: stops the turn that was due", async () => {
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    await agent.from("messages").insert(line());
    await eventually(async () => (await sends(scene)).length === 1);
    await fire(conversation_id);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("several at once leave in their order", async () => {
    const texts = ["one", "two", "three"];
    expect((await agent.from("messages").insert(texts.map((content) => line({ content })))).error).toBeNull();
    await eventually(async () => (await sends(scene)).length === 3);
    expect((await sends(scene)).map(({ body }) => body.text?.body)).toEqual(texts);
  });

  test("with a picture is sent as one", async () => {
    await agent
      .from("messages")
      .insert(line({ media_url: "https://files.example/mug.png", media_type: "image/png", content: "This one" }));
    await eventually(async () => (await sends(scene)).length === 1);
    expect((await sends(scene))[0]?.body).toMatchObject({
      type: "image",
      image: { link: "https://files.example/mug.png", caption: "This one" },
    });
  });

  test("F80: that the gate refuses is refused with its reason, and leaves no row", async () => {
    await sql`update public.conversations set window_expires_at = now() where id = ${conversation_id}`;
    const { status, error } = await agent.from("messages").insert(line());
    expect([status, error]).toMatchObject([422, { code: "SB422", message: expect.stringContaining("24 hours") }]);
    expect(JSON.parse(error?.details ?? "")).toMatchObject({ rule: "service_window" });
    expect(
      await row`select count(*)::int as n from public.messages where conversation_id = ${conversation_id}`,
    ).toEqual({ n: 1 });
    expect(await conversation()).toMatchObject({ status: "ai_handling", epoch: 0 });
  });

  test("a transaction that is rolled back sends nothing", async () => {
    const { data, error } = await agent.from("messages").insert(line()).select("content").rollback().single();
    expect([data, error]).toEqual([{ content: "Your order has shipped!" }, null]);
    expect(await conversation()).toMatchObject({ status: "ai_handling", epoch: 0 });
    expect(await sends(scene)).toEqual([]);
  });

  test.each<[string, object, number, string]>([
    ["a customer's line", { direction: "inbound", sender_type: "contact" }, 400, "SB400"],
    ["an AI's line", { sender_type: "ai" }, 400, "SB400"],
    ["nothing", { content: " " }, 400, "SB400"],
    ["a column of the system's", { delivery_status: "read" }, 403, "42501"],
    ["somebody else's name", { sender_id: crypto.randomUUID() }, 403, "42501"],
    ["a conversation that is not there", { conversation_id: crypto.randomUUID() }, 404, "SB404"],
  ])("%s is refused", async (_, change, status, code) => {
    const refused = await agent.from("messages").insert(line(change));
    expect([refused.status, refused.error?.code]).toEqual([status, code]);
  });

  test("nobody writes into another tenant's conversation, or with a right to look only", async () => {
    const other = await openScene();
    const stranger = await userClient(other.owner.user_id);
    expect((await stranger.from("messages").insert(line())).status).toBe(404);
    expect((await viewer.from("messages").insert(line())).status).toBe(403);
    expect((await command(scene, "may-i-send", { conversation_id })).status).toBe(200);
    expect((await viewer.from("messages").select("content")).data).toHaveLength(1);
  });
});

describe("a conversation that a dashboard updates", () => {
  const update = (sb: Client, change: object) =>
    sb.from("conversations").update(change).eq("id", conversation_id).select("status").single();

  test("assigning is a human act: the epoch rises and no turn is due", async () => {
    expect(await update(agent, { assigned_to: agent_id, status: "assigned" })).toMatchObject({ error: null });
    expect(await conversation()).toEqual({ status: "assigned", assigned_to: agent_id, epoch: 1, ai_due_at: null });
  });

  test("an assignee alone has it too", async () => {
    await update(agent, { assigned_to: agent_id });
    expect(await conversation()).toMatchObject({ status: "assigned", assigned_to: agent_id });
  });

  test("F39: giving it back to the AI wakes it for what nobody has answered", async () => {
    await update(agent, { status: "assigned" });
    expect(await conversation()).toMatchObject({ status: "assigned", assigned_to: null, ai_due_at: null });
    await update(agent, { status: "ai_handling" });
    await modelSays({ reply: "Twelve dollars", confidence: 99 });
    await pass(conversation_id);
    expect(await sends(scene)).toHaveLength(1);
  });

  test("resolving settles what was open", async () => {
    await update(agent, { status: "resolved" });
    expect(await conversation()).toMatchObject({ status: "resolved", ai_due_at: null });
  });

  test("its AI off stops the turn", async () => {
    await update(agent, { ai_enabled: false });
    expect(await conversation()).toMatchObject({ ai_due_at: null, epoch: 1 });
  });

  test.each<[string, object, number]>([
    ["somebody who does not work here", { assigned_to: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" }, 422],
    ["a state that there is not", { status: "sleeping" }, 400],
    ["what the system counts", { epoch: 7 }, 403],
  ])("%s is refused", async (_, change, status) => {
    expect((await update(agent, change)).status).toBe(status);
  });

  test("whoever may look only changes nothing", async () => {
    expect((await update(viewer, { status: "resolved" })).status).toBe(406);
    expect(await conversation()).toMatchObject({ status: "ai_handling" });
  });
});

describe("settings", () => {
  test("a workspace's are the managers' to change, a channel's too", async () => {
    const changed = (sb: Client) =>
      sb
        .from("channels")
        .update({ ai_confidence_threshold: 90 })
        .eq("id", scene.channel_id)
        .select("ai_confidence_threshold");
    expect((await changed(owner)).data).toEqual([{ ai_confidence_threshold: 90 }]);
    expect((await changed(agent)).data).toEqual([]);
    expect(
      (
        await owner
          .from("businesses")
          .update({ ai_system_prompt: "Be brief." })
          .eq("id", scene.business_id)
          .select("id")
      ).data,
    ).toHaveLength(1);
    expect((await owner.from("channels").update({ access_token: "x" }).eq("id", scene.channel_id)).status).toBe(403);
  });

  test("a key without the scope writes nothing", async () => {
    await sql`update public.api_keys set scopes = '{read}' where org_id = ${scene.org_id}`;
    expect(
      (await client(scene.api_key).from("contacts").update({ notes: "x" }).eq("business_id", scene.business_id)).status,
    ).toBe(403);
  });

  test("of the installation's, members read what is marked", async () => {
    const { data } = await agent.from("app_config").select("key").like("key", "plan.*");
    expect(data?.length).toBeGreaterThan(0);
    expect((await agent.from("app_config").select("key").eq("key", "ai.max_restarts")).data).toEqual([]);
    expect((await agent.from("app_config").update({ value: "1" }).eq("key", "ai.max_restarts")).status).toBe(403);
  });
});

test("F142: where agents see only what is assigned to them, the rest is not there for them by any way", async () => {
  await sql`update public.organizations set agents_see_assigned_only = true where id = ${scene.org_id}`;
  const seen = async (sb: Client) => {
    const [conversations, embedded, messages, contacts] = await Promise.all([
      sb.from("conversations").select("id"),
      sb.from("contacts").select("id, conversations!inner(id, messages(content))"),
      sb.from("messages").select("id").ilike("content", "%mugs%"),
      sb.from("contacts").select("id"),
    ]);
    return [conversations, embedded, messages, contacts].map(({ data }) => data?.length);
  };
  expect(await seen(agent)).toEqual([0, 0, 0, 0]);
  expect(await seen(owner)).toEqual([1, 1, 1, 1]);
  expect((await agent.from("messages").insert(line())).status).toBe(404);
  await owner.from("conversations").update({ assigned_to: agent_id }).eq("id", conversation_id);
  expect(await seen(agent)).toEqual([1, 1, 1, 1]);
  expect((await agent.from("messages").insert(line())).error).toBeNull();
});

test("F37: of two who take a waiting conversation at once through the data door, one gets it and the other sees who did", async () => {
  const second = await createMember(exec, scene, { name: "Second" });
  const people = [
    { sb: agent, id: agent_id },
    { sb: await userClient(second.user_id), id: second.team_member_id },
  ];
  const taken = await Promise.all(
    people.map(({ sb, id }) =>
      sb
        .from("conversations")
        .update({ assigned_to: id, status: "assigned" })
        .eq("id", conversation_id)
        .is("assigned_to", null)
        .select("assigned_to"),
    ),
  );
  expect(taken.map(({ error }) => error)).toEqual([null, null]);
  const winners = people.filter((_, i) => taken[i]?.data?.length === 1).map(({ id }) => id);
  expect(winners).toHaveLength(1);
  for (const { sb } of people) {
    const { data } = await sb.from("conversations").select("assigned_to, status").eq("id", conversation_id).single();
    expect(data).toEqual({ assigned_to: winners[0], status: "assigned" });
  }
  expect(await conversation()).toMatchObject({ epoch: 1 });
});
