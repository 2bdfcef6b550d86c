import { afterEach, describe, expect, test } from "vitest";
import { anonKey, userClient } from "../../test/support/client.ts";
import { sql } from "../../test/support/database.ts";
import { command, openScene, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { database, resetSimulators } from "../../test/support/simulators.ts";
import { ask } from "../../test/support/worker.ts";
import { commands } from "./registry.ts";

afterEach(resetSimulators);

const everyCommand = [...commands.values()];

const ALL_SCOPES = ["read", "write", "admin"];

/** Commands that act on something by its id. */
const aimedCommands = everyCommand.filter(
  ({ example, scope }) => scope !== "service" && Object.keys(example as object).some((field) => field.endsWith("_id")),
);
const commandsWithInput = everyCommand.filter(({ input }) => !input.safeParse({}).success);

/** A command's own example, aimed at this conversation or draft. */
function aimed(example: unknown, at: { conversation_id: string; message_id: string; team_member_id: string }) {
  const input = { ...(example as Record<string, unknown>) };
  for (const field of ["conversation_id", "message_id", "team_member_id"] as const)
    if (field in input) input[field] = at[field];
  return input;
}

async function draftIn(scene: Scene): Promise<{ conversation_id: string; message_id: string; team_member_id: string }> {
  const conversation_id = await write(scene, "Hello");
  const [draft] = await sql<{ id: string }>`
    insert into public.messages (conversation_id, business_id, org_id, channel_id, contact_id, direction, sender_type, content, is_draft, inbound_version, origin, payload)
    select id, business_id, org_id, channel_id, contact_id, 'outbound', 'ai', 'A draft', true, inbound_version, 'ai', '{"type":"text","text":"A draft"}'
    from public.conversations where id = ${conversation_id} returning id`;
  return { conversation_id, message_id: draft?.id ?? "", team_member_id: scene.owner.team_member_id };
}

const snapshot = (conversation_id: string) =>
  sql`select v.status, v.epoch, v.ai_enabled, v.unread_count, v.assigned_to,
      (select json_agg(json_build_array(m.content, m.is_draft, m.delivery_status) order by m.created_at) from public.messages m where m.conversation_id = v.id) as thread
    from public.conversations v where v.id = ${conversation_id}`;

describe.each(everyCommand)("$name", ({ name, example, scope }) => {
  test.each([
    ["no key", {}],
    ["a key of another form", { apikey: "guess" }],
    ["a key that nobody has", { apikey: "abcdefgh.00000000-0000-4000-8000-000000000000" }],
    ["an SQL fragment for a key", { authorization: "Bearer ' or 1=1 --" }],
  ])("with %s is 401", async (_, headers) => {
    const response = await ask(`/functions/v1/${name}`, { method: "POST", body: JSON.stringify(example), headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      code: "unauthorized",
      message: expect.any(String),
      request_id: expect.any(String),
    });
  });

  test.each([
    ["a token that we did not make", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.AAAA"],
    ["nothing but the public key", () => anonKey()],
  ])("with %s is 401", async (_, bearer) => {
    const headers = { authorization: `Bearer ${typeof bearer === "string" ? bearer : await bearer()}` };
    const response = await ask(`/functions/v1/${name}`, { method: "POST", body: JSON.stringify(example), headers });
    expect([response.status, await response.json()]).toMatchObject([401, { code: "unauthorized" }]);
  });

  test("F144: with a key that lacks its scope is 403, and nothing happens", async () => {
    const other = scope === "write" ? "read" : "write";
    const scene = await openScene({ key_scopes: [other] });
    const at = await draftIn(scene);
    const before = await snapshot(at.conversation_id);
    const { status, body } = await command(scene, name, aimed(example, at));
    expect([status, body.code, body.details.scope]).toEqual([403, "forbidden", scope]);
    expect(await snapshot(at.conversation_id)).toEqual(before);
  });

  // the service role has no key to revoke, and is asked for before anything else
  if (scope !== "service") {
    test("F143: with a revoked key is 401 at once", async () => {
      const scene = await openScene({ key_scopes: ALL_SCOPES });
      const at = await draftIn(scene);
      await sql`update public.api_keys set revoked_at = now() where org_id = ${scene.org_id}`;
      expect(await command(scene, name, aimed(example, at))).toMatchObject({ status: 401 });
    });
  }

  test.each([
    [
      "a field that it does not know",
      (input: object) => ({ ...input, tenant: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10" }),
    ],
    ["a list", () => []],
    ["what is no input at all", () => "not-an-input'; drop table public.messages; --"],
  ])("with %s is 400 and names the problems", async (_, change) => {
    const scene = await openScene();
    const given = change(example as object);
    const { status, body } = await command(scene, name, typeof given === "string" ? JSON.stringify(given) : given);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
    expect(body.details.problems.length).toBeGreaterThan(0);
  });

  test("with a body that is not JSON is 400", async () => {
    expect(await command(await openScene(), name, "{nonsense")).toMatchObject({
      status: 400,
      body: { code: "invalid_input" },
    });
  });

  test("with more than 256 KB is 413", async () => {
    expect(await command(await openScene(), name, `"${"x".repeat(256 * 1024)}"`)).toMatchObject({
      status: 413,
      body: { code: "too_large" },
    });
  });

  if (scope !== "service") {
    test("while the database is away is 503", async () => {
      const scene = await openScene({ key_scopes: ALL_SCOPES });
      const at = await draftIn(scene);
      await database("down");
      expect(await command(scene, name, aimed(example, at))).toMatchObject({
        status: 503,
        body: { code: "unavailable" },
      });
    });
  }
});

describe.each(aimedCommands)("$name", ({ name, example }) => {
  test("with ids that are none is 400", async () => {
    const ids = Object.keys(example as object).filter((field) => field.endsWith("_id"));
    const given = {
      ...(example as object),
      ...Object.fromEntries(ids.map((field) => [field, "not-an-id'; drop table x; --"])),
    };
    expect(await command(await openScene(), name, given)).toMatchObject({
      status: 400,
      body: { code: "invalid_input" },
    });
  });

  test("on another tenant's conversation is 404, and nothing happens", async () => {
    const [own, foreign] = [await openScene({ key_scopes: ALL_SCOPES }), await openScene()];
    const at = await draftIn(foreign);
    const before = await snapshot(at.conversation_id);
    const { status, body } = await command(own, name, aimed(example, at));
    expect([status, body.code]).toEqual([404, "not_found"]);
    expect(await snapshot(at.conversation_id)).toEqual(before);
    expect(await sends(foreign)).toEqual([]);
  });

  test("on a conversation of another workspace than the key's is 404", async () => {
    const scene = await openScene({ key_scopes: ALL_SCOPES });
    const at = await draftIn(scene);
    await sql`with other as (insert into public.businesses (org_id, name, slug) values (${scene.org_id}, 'Other', 'other') returning id)
      update public.api_keys k set business_id = other.id from other where k.org_id = ${scene.org_id}`;
    expect(await command(scene, name, aimed(example, at))).toMatchObject({ status: 404 });
  });
});

test.each(commandsWithInput)("$name without input is 400 and names the problems", async ({ name }) => {
  const { status, body } = await command(await openScene(), name, {});
  expect([status, body.code]).toEqual([400, "invalid_input"]);
  expect(body.details.problems.length).toBeGreaterThan(0);
});

test("an unknown command is 404 and names those that there are", async () => {
  const { status, body } = await command(await openScene(), "drop-everything", {});
  expect(status).toBe(404);
  expect(body.details.commands).toEqual(everyCommand.map(({ name }) => name));
});

test("a command is a POST", async () => {
  const response = await ask("/functions/v1/send-message");
  expect(response.status).toBe(404);
  await response.body?.cancel();
});

describe("a signed-in person", () => {
  test("acts in the own name through supabase-js, and nobody acts for another tenant", async () => {
    const scene = await openScene();
    const at = await draftIn(scene);
    const { conversation_id } = at;
    const owner = await userClient(scene.owner.user_id);
    const stranger = await userClient(crypto.randomUUID());
    const said = { conversation_id, content: "We are open until six." };

    const refused = await stranger.functions.invoke("send-message", { body: said });
    expect(refused.error?.context).toMatchObject({ status: 404 });
    const { data, error } = await owner.functions.invoke("send-message", { body: said });
    expect(error).toBeNull();
    expect(data).toMatchObject({ conversation_id, delivery_status: "sending" });
    const [line] = await sql`select sender_id, sender_type from public.messages where id = ${data.message_id}`;
    expect(line).toEqual({ sender_id: scene.owner.team_member_id, sender_type: "agent" });
  });
});
