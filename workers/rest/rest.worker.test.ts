import { beforeAll, describe, expect, test } from "vitest";
import { client, serviceClient, userClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { createMember } from "../../test/factories/tenant.ts";
import { exec } from "../../test/support/database.ts";
import { openScene, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { ask } from "../../test/support/worker.ts";

let scene: Scene;
let other: Scene;
let conversation_id: string;
let owner: Client;
let agent: Client;
let stranger: Client;

beforeAll(async () => {
  [scene, other] = [await openScene(), await openScene()];
  conversation_id = await write(scene, "What do the mugs cost?", "And the cups?");
  await write(other, "Nobody else's business");
  owner = await userClient(scene.owner.user_id);
  agent = await userClient((await createMember(exec, scene)).user_id);
  stranger = await userClient(crypto.randomUUID());
});

describe("what dashboards ask", () => {
  test("the organization, as the one object there is", async () => {
    const query = (sb: Client) =>
      sb.from("organizations").select("id, name, plan, messages_used_this_month, monthly_message_limit").single();
    expect(await query(owner)).toMatchObject({ error: null, data: { id: scene.org_id, plan: "free" } });
    expect(await query(stranger)).toMatchObject({ data: null, status: 406, error: { code: "PGRST116" } });
  });

  test("conversations with contact and channel, newest first", async () => {
    const query = (sb: Client) =>
      sb
        .from("conversations")
        .select(
          `id, status, assigned_to, last_message_at,
          contacts(id, name, phone, tags, avatar_url),
          channels(label, phone_number, channel_type)`,
        )
        .eq("business_id", scene.business_id)
        .eq("status", "ai_handling")
        .order("last_message_at", { ascending: false });
    for (const sb of [owner, agent]) {
      const { data, error } = await query(sb);
      expect(error).toBeNull();
      expect(data).toMatchObject([
        { id: conversation_id, contacts: { tags: [] }, channels: { label: "Main", channel_type: "business" } },
      ]);
    }
    expect(await query(stranger)).toMatchObject({ data: [], error: null });
  });

  test("the messages of a conversation, oldest first", async () => {
    const { data } = await owner
      .from("messages")
      .select("id, direction, sender_type, content, delivery_status, confidence, is_draft, created_at")
      .eq("conversation_id", conversation_id)
      .order("created_at", { ascending: true });
    expect(data?.map(({ content }) => content)).toEqual(["What do the mugs cost?", "And the cups?"]);
  });

  test("contacts by name or phone", async () => {
    const query = scene.customer.slice(-6);
    const { data, error } = await owner
      .from("contacts")
      .select("id, name, phone, tags, avatar_url")
      .eq("business_id", scene.business_id)
      .or(`name.ilike.%${query}%,phone.ilike.%${query}%`)
      .order("name")
      .limit(50);
    expect(error).toBeNull();
    expect(data).toMatchObject([{ phone: `+${scene.customer}` }]);
  });

  test("messages that hold a word, and how many", async () => {
    const { data, count } = await owner
      .from("messages")
      .select("id, conversation_id, content, sender_type, created_at", { count: "exact" })
      .ilike("content", "%mugs%");
    expect([data?.length, count]).toEqual([1, 1]);
  });

  test("a contact's tags are the people's to change", async () => {
    const { data: contact } = await owner.from("contacts").select("id").eq("business_id", scene.business_id).single();
    const tags = ["vip", "returning"];
    const changed = await owner.from("contacts").update({ tags }).eq("id", contact?.id).select("tags").single();
    expect(changed).toMatchObject({ error: null, data: { tags } });
    expect(await stranger.from("contacts").update({ tags: [] }).eq("id", contact?.id).select()).toMatchObject({
      data: [],
    });
  });

  test("the columns that nobody reads through a door are not part of everything", async () => {
    const { data, error } = await owner.from("channels").select("*").single();
    expect(error).toBeNull();
    expect(data).toMatchObject({ id: scene.channel_id });
    expect(data).not.toHaveProperty("access_token");
    expect(await owner.from("channels").select("access_token")).toMatchObject({
      status: 403,
      error: { code: "42501" },
    });
  });
});

describe("tenants", () => {
  test("F140: a key reads its own tenant, and a foreign one answers nothing", async () => {
    const rows = async (sb: Client) => (await sb.from("messages").select("content")).data?.length;
    expect(await rows(client(scene.api_key))).toBe(2);
    expect(await rows(client(other.api_key))).toBe(1);
    expect(await rows(stranger)).toBe(0);
  });

  test("F143: an API key that nobody has is refused", async () => {
    const { status, error } = await client(`abcdefgh.${"0".repeat(32)}`)
      .from("messages")
      .select("id");
    expect([status, error?.code]).toEqual([401, "SB401"]);
  });

  test("nobody in particular sees nothing", async () => {
    const response = await ask("/rest/v1/messages");
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "42501" });
  });

  test("the service role sees every tenant", async () => {
    const { data } = await (
      await serviceClient()
    )
      .from("organizations")
      .select("id")
      .in("id", [scene.org_id, other.org_id]);
    expect(data).toHaveLength(2);
  });
});

describe("refusals", () => {
  test.each<[string, string, number, string, Record<string, string>?]>([
    ["a table that is not there", "/rest/v1/nothing", 404, "PGRST205"],
    ["a column that is not there", "/rest/v1/contacts?select=nothing", 400, "42703"],
    ["a filter that is none", "/rest/v1/contacts?name=Ann", 400, "PGRST100"],
    ["a relationship that is not there", "/rest/v1/contacts?select=templates(*)", 400, "PGRST200"],
    ["a function that is not there", "/rest/v1/rpc/nothing", 404, "PGRST202"],
    ["a schema that is not for clients", "/rest/v1/contacts", 406, "PGRST106", { "accept-profile": "switchboard" }],
    ["a path of no table", "/rest/v1/a/b", 404, "PGRST125"],
    ["a damaged token", "/rest/v1/contacts", 401, "PGRST301", { authorization: "Bearer x.y.z" }],
  ])("%s", async (_, path, status, code, headers = {}) => {
    const response = await ask(path, { headers: { apikey: scene.api_key, ...headers } });
    expect([response.status, await response.json()]).toMatchObject([status, { code, message: expect.any(String) }]);
  });
});
