import { beforeEach, describe, expect, test } from "vitest";
import { client, serviceClient, userClient, run } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { createMember } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { openScene, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";

let scene: Scene;
let owner: Client;
let agent: Client;
let agent_id: string;

beforeEach(async () => {
  scene = await openScene();
  owner = await userClient(scene.owner.user_id);
  const member = await createMember(exec, scene);
  agent = await userClient(member.user_id);
  agent_id = member.team_member_id;
});

/** What a command answers: its output, or status and error. */
async function person(email = `${crypto.randomUUID()}@example.test`) {
  const [user] = await sql<{ id: string }>`insert into auth.users (email) values (${email}) returning id`;
  return { email, user_id: user?.id ?? "", sb: await userClient(user?.id ?? "") };
}

describe("organizations", () => {
  test("whoever makes one owns it, with a first workspace", async () => {
    const { sb } = await person();
    const { data } = await run(sb, "create-organization", { name: "Cedar Lane", business_name: "The Bakery" });
    expect((await sb.from("organizations").select("name")).data).toEqual([{ name: "Cedar Lane" }]);
    expect((await sb.from("businesses").select("id, name")).data).toEqual([
      { id: data.business_id, name: "The Bakery" },
    ]);
    expect((await sb.from("team_members").select("org_role")).data).toEqual([{ org_role: "owner" }]);
    const again = await run((await person()).sb, "create-organization", { name: "Cedar Lane" });
    expect(again.status).toBe(200);
  });

  test("a key makes none", async () => {
    expect(await run(client(scene.api_key), "create-organization", { name: "Mine" })).toMatchObject({ status: 403 });
  });

  test("a further workspace is the admins' to make", async () => {
    const input = { org_id: scene.org_id, name: "Harbour Street" };
    expect(await run(owner, "create-business", input)).toMatchObject({ status: 200 });
    expect(await run(agent, "create-business", input)).toMatchObject({ status: 403 });
  });

  test("a plan is the service role's to set, and brings its limit", async () => {
    const input = { org_id: scene.org_id, plan: "growth" };
    expect(await run(owner, "set-plan", input)).toMatchObject({ status: 403 });
    expect(await run(await serviceClient(), "set-plan", input)).toMatchObject({
      data: { plan: "growth", monthly_message_limit: 1000 },
    });
  });
});

describe("invitations", () => {
  const invite = async (email: string, more: object = {}) => {
    const { data } = await run(owner, "invite-member", { org_id: scene.org_id, email, ...more });
    return data as { invitation_id: string; token: string };
  };

  test("a person who was invited becomes a member, with role and workspaces", async () => {
    const ann = await person();
    const assignments = [{ business_id: scene.business_id, role: "admin" }];
    const { token } = await invite(ann.email.toUpperCase(), { role: "agent", assignments });
    expect((await ann.sb.from("businesses").select("id")).data).toEqual([]);
    const accepted = await run(ann.sb, "accept-invitation", { token, name: "Ann" });
    expect(accepted.data).toMatchObject({ name: "Ann", org_role: "agent", assignments });
    expect((await ann.sb.from("businesses").select("id")).data).toEqual([{ id: scene.business_id }]);
  });

  test("the token is stored as a digest only, and no door shows it", async () => {
    const { token } = await invite("x@example.test");
    const stored = await row`select to_jsonb(i) as i from public.user_invitations i where org_id = ${scene.org_id}`;
    expect(JSON.stringify(stored)).not.toContain(token);
    expect((await owner.from("user_invitations").select("*")).data?.[0]).not.toHaveProperty("invitation_token");
    expect((await agent.from("user_invitations").select("id")).data).toEqual([]);
  });

  test("F145: of many who use it at once, one is let in", async () => {
    const ann = await person();
    const { token } = await invite(ann.email);
    const answers = await Promise.all(Array.from({ length: 8 }, () => run(ann.sb, "accept-invitation", { token })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    expect(await row`select count(*)::int as n from public.team_members where user_id = ${ann.user_id}`).toEqual({
      n: 1,
    });
  });

  test("F145: not by another address, not after its end, not after it was withdrawn", async () => {
    const [ann, ben] = [await person(), await person()];
    const { token, invitation_id } = await invite(ann.email);
    expect(await run(ben.sb, "accept-invitation", { token })).toMatchObject({ status: 403 });
    await sql`update public.user_invitations set expires_at = now() where id = ${invitation_id}`;
    expect(await run(ann.sb, "accept-invitation", { token })).toMatchObject({
      status: 409,
      error: { details: { current: { state: "expired" } } },
    });
    const second = await invite(ann.email);
    await run(owner, "revoke-invitation", { invitation_id: second.invitation_id });
    expect(await run(ann.sb, "accept-invitation", { token: second.token })).toMatchObject({ status: 404 });
    expect(await run(ann.sb, "accept-invitation", { token: "0".repeat(43) })).toMatchObject({ status: 404 });
  });

  test("they are the admins' to make", async () => {
    expect(await run(agent, "invite-member", { org_id: scene.org_id, email: "x@example.test" })).toMatchObject({
      status: 403,
    });
    const other = await openScene();
    expect(
      await run(await userClient(other.owner.user_id), "invite-member", {
        org_id: scene.org_id,
        email: "x@example.test",
      }),
    ).toMatchObject({ status: 404 });
  });
});

describe("members", () => {
  test("a role changes what one may do, at once", async () => {
    await run(owner, "update-member", { team_member_id: agent_id, org_role: "admin" });
    expect(await run(agent, "create-business", { org_id: scene.org_id, name: "Second" })).toMatchObject({
      status: 200,
    });
  });

  test("the last owner stays one, and only an owner makes another", async () => {
    const { team_member_id } = scene.owner;
    for (const [name, change] of [
      ["update-member", { org_role: "agent" }],
      ["update-member", { active: false }],
      ["remove-member", {}],
    ] as const) {
      expect(await run(owner, name, { team_member_id, ...change })).toMatchObject({ status: 409 });
    }
    await run(owner, "update-member", { team_member_id: agent_id, org_role: "admin" });
    expect(await run(agent, "update-member", { team_member_id: agent_id, org_role: "owner" })).toMatchObject({
      status: 403,
    });
    await run(owner, "update-member", { team_member_id: agent_id, org_role: "owner" });
    expect(await run(owner, "remove-member", { team_member_id })).toMatchObject({ status: 200 });
  });

  test("of two owners who remove one another at once, one stays", async () => {
    await run(owner, "update-member", { team_member_id: agent_id, org_role: "owner" });
    await Promise.all([
      run(owner, "remove-member", { team_member_id: agent_id }),
      run(agent, "remove-member", { team_member_id: scene.owner.team_member_id }),
    ]);
    const left =
      await sql`select from public.team_members where org_id = ${scene.org_id} and org_role = 'owner' and deleted_at is null`;
    expect(left).toHaveLength(1);
  });

  test("whoever is removed sees nothing more, and leaves what it had to somebody else", async () => {
    const conversation_id = await write(scene, "Hello");
    await owner.from("conversations").update({ assigned_to: agent_id }).eq("id", conversation_id);
    expect(await run(owner, "remove-member", { team_member_id: agent_id })).toMatchObject({ data: { removed: true } });
    expect((await agent.from("conversations").select("id")).data).toEqual([]);
    expect(
      await row`select status, assigned_to, needs_human_reason from public.conversations where id = ${conversation_id}`,
    ).toEqual({
      status: "assigned",
      assigned_to: null,
      needs_human_reason: "assignee_left",
    });
  });

  test("F146: a client's own user sees its workspace and nothing of the organization", async () => {
    const client_user = await createMember(exec, scene, { role: null, assigned: false });
    const sb = await userClient(client_user.user_id);
    const assign = (role: string | null) =>
      run(owner, "assign-member", { team_member_id: client_user.team_member_id, business_id: scene.business_id, role });
    await assign("client_viewer");
    expect((await sb.from("users").select("role, agency_id, client_id").eq("id", client_user.user_id)).data).toEqual([
      { role: "client_viewer", agency_id: null, client_id: scene.business_id },
    ]);
    expect((await sb.from("organizations").select("id")).data).toEqual([]);
    await assign(null);
    expect((await sb.from("businesses").select("id")).data).toEqual([]);
  });

  test("a profile is one's own", async () => {
    const { data } = await run(agent, "update-profile", {
      org_id: scene.org_id,
      name: "Robin",
      onboarding_completed: true,
    });
    expect(data).toMatchObject({ team_member_id: agent_id, name: "Robin", onboarding_completed: true });
    expect(await run((await person()).sb, "update-profile", { org_id: scene.org_id })).toMatchObject({ status: 404 });
  });
});

describe("API keys", () => {
  test("one is shown once, opens both doors as far as its scopes, and ends at once", async () => {
    const input = { org_id: scene.org_id, label: "Web shop", scopes: ["read"] };
    const { data } = await run(owner, "create-api-key", input);
    expect(data).toMatchObject({ label: "Web shop", scopes: ["read"], key_prefix: data.api_key.slice(0, 8) });
    const shop = client(data.api_key);
    expect((await shop.from("channels").select("id")).data).toHaveLength(1);
    expect((await shop.from("contacts").update({ notes: "x" }).eq("business_id", scene.business_id)).status).toBe(403);
    const listed = await owner.from("api_keys").select("*").eq("id", data.api_key_id).single();
    expect(JSON.stringify(listed.data)).not.toContain(data.api_key.slice(9));
    await run(owner, "revoke-api-key", { api_key_id: data.api_key_id });
    expect((await shop.from("channels").select("id")).status).toBe(401);
  });

  test("they are the admins' to make, and a key's with that scope", async () => {
    const input = { org_id: scene.org_id };
    expect(await run(agent, "create-api-key", input)).toMatchObject({ status: 403 });
    expect(await run(client(scene.api_key), "create-api-key", input)).toMatchObject({ status: 403 });
    await sql`update public.api_keys set scopes = '{admin}' where org_id = ${scene.org_id}`;
    expect(await run(client(scene.api_key), "create-api-key", input)).toMatchObject({ status: 200 });
  });
});

test("sessions are listed and ended by their owner", async () => {
  const { user_id, sb } = await person();
  const [session] = await sql<{
    id: string;
  }>`insert into auth.sessions (user_id, user_agent) values (${user_id}, 'A browser') returning id`;
  expect((await run(sb, "list-sessions", {})).data).toMatchObject({
    sessions: [{ session_id: session?.id, user_agent: "A browser" }],
  });
  expect(await run(owner, "revoke-session", { session_id: session?.id })).toMatchObject({ status: 404 });
  expect(await run(sb, "revoke-session", { session_id: session?.id })).toMatchObject({ data: { revoked: true } });
  expect((await run(sb, "list-sessions", {})).data).toEqual({ sessions: [] });
});

describe("what is written down", () => {
  test("every command, with who and what, for the admins to read", async () => {
    const conversation_id = await write(scene, "Hello");
    await run(agent, "mark-read", { conversation_id });
    await run(client(scene.api_key), "may-i-send", { conversation_id });
    await run(owner, "assign-member", { team_member_id: agent_id, business_id: scene.business_id, role: "admin" });
    const { data } = await owner
      .from("data_access_audit")
      .select("command, operation, record_id, user_id, api_key_id")
      .order("created_at");
    expect(data).toMatchObject([
      { command: "mark-read", operation: "UPDATE", record_id: conversation_id, api_key_id: null },
      {
        command: "may-i-send",
        operation: "SELECT",
        record_id: conversation_id,
        user_id: null,
        api_key_id: expect.any(String),
      },
      { command: "assign-member", operation: "UPDATE", record_id: agent_id, user_id: scene.owner.user_id },
    ]);
    expect((await agent.from("data_access_audit").select("id")).data).toEqual([]);
  });

  test("no role of a door changes it", async () => {
    for (const sb of [owner, await serviceClient()]) {
      expect((await sb.from("data_access_audit").delete().eq("org_id", scene.org_id)).status).toBe(403);
      expect((await sb.from("data_access_audit").update({ command: "x" }).eq("org_id", scene.org_id)).status).toBe(403);
    }
  });
});
