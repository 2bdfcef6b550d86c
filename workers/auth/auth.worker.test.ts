import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { anonKey, client, serviceClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { createTenant } from "../../test/factories/tenant.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { ask, askWith } from "../../test/support/worker.ts";

const newPerson = () => ({ email: `${crypto.randomUUID()}@Example.test`, password: "correct horse" });
const visitor = async () => client(await anonKey());

async function signedUp(): Promise<{ sb: Client; person: ReturnType<typeof newPerson>; id: string }> {
  const [sb, person] = [await visitor(), newPerson()];
  const { data, error } = await sb.auth.signUp(person);
  if (error || !data.user) throw error ?? new Error("nobody");
  return { sb, person, id: data.user.id };
}

describe("through supabase-js", () => {
  test("signing up opens a session, and the user is who signed up", async () => {
    const [sb, person] = [await visitor(), newPerson()];
    const { data, error } = await sb.auth.signUp({ ...person, options: { data: { name: "Ann" } } });
    expect(error).toBeNull();
    expect(data.session).toMatchObject({ token_type: "bearer", expires_in: 3600 });
    expect(data.user).toMatchObject({
      email: person.email.toLowerCase(),
      user_metadata: { name: "Ann" },
      role: "authenticated",
    });
    expect(data.user?.identities).toMatchObject([{ provider: "email" }]);
    expect((await sb.auth.getUser()).data.user?.id).toBe(data.user?.id);
  });

  test("signing in with the password opens another, and reading tables is then done in that name", async () => {
    const { person, id } = await signedUp();
    const tenant = await createTenant(exec);
    await sql`update public.team_members set user_id = ${id} where id = ${tenant.owner.team_member_id}`;
    const sb = await visitor();
    expect(await sb.from("organizations").select("id")).toMatchObject({ status: 401 });
    const { error } = await sb.auth.signInWithPassword(person);
    expect(error).toBeNull();
    expect(await sb.from("organizations").select("id")).toMatchObject({ data: [{ id: tenant.org_id }] });
    const [member] = await sql`select last_login_at from public.team_members where user_id = ${id}`;
    expect(member?.["last_login_at"]).not.toBeNull();
  });

  test("a wrong password and an unknown address are refused alike", async () => {
    const { person } = await signedUp();
    const sb = await visitor();
    for (const given of [{ ...person, password: "wrong horse" }, newPerson()]) {
      const { error } = await sb.auth.signInWithPassword(given);
      expect(error).toMatchObject({ status: 400, code: "invalid_credentials", message: "Invalid login credentials" });
    }
  });

  test("a session goes on with a new token", async () => {
    const { sb } = await signedUp();
    const before = (await sb.auth.getSession()).data.session;
    const { data, error } = await sb.auth.refreshSession();
    expect(error).toBeNull();
    expect(data.session?.refresh_token).not.toBe(before?.refresh_token);
    expect(data.user?.id).toBe(before?.user.id);
  });

  test("claims are verified with the public key alone", async () => {
    const { sb, id } = await signedUp();
    const { data, error } = await sb.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.header).toMatchObject({ alg: "ES256" });
    expect(data?.claims).toMatchObject({ sub: id, role: "authenticated", aal: "aal1", aud: "authenticated" });
    expect(data?.claims).toHaveProperty("session_id");
  });

  test("a user changes what is the user's own; a new password ends the other sessions", async () => {
    const { sb, person } = await signedUp();
    const other = await visitor();
    await other.auth.signInWithPassword(person);
    expect((await sb.auth.updateUser({ data: { theme: "dark" } })).data.user?.user_metadata).toMatchObject({
      theme: "dark",
    });
    expect((await sb.auth.updateUser({ password: "battery staple" })).error).toBeNull();
    expect((await other.auth.getUser()).error).toMatchObject({ name: "AuthSessionMissingError" });
    expect((await sb.auth.getUser()).error).toBeNull();
    expect((await other.auth.signInWithPassword({ ...person, password: "battery staple" })).error).toBeNull();
  });

  test("signing out ends the sessions that it says", async () => {
    const { sb, person } = await signedUp();
    const other = await visitor();
    await other.auth.signInWithPassword(person);
    const token = (await sb.auth.getSession()).data.session?.access_token ?? "";
    expect((await other.auth.signOut({ scope: "others" })).error).toBeNull();
    expect((await (await visitor()).auth.getUser(token)).error).toMatchObject({ name: "AuthSessionMissingError" });
    expect((await other.auth.getUser()).error).toBeNull();
    expect((await other.auth.signOut()).error).toBeNull();
    expect((await other.auth.getSession()).data.session).toBeNull();
  });

  test.each([
    ["no address", { email: "nobody", password: "correct horse" }, { status: 400, code: "validation_failed" }],
    ["a short password", { ...newPerson(), password: "123" }, { status: 422, code: "weak_password" }],
    ["a very long password", { ...newPerson(), password: "é".repeat(40) }, { status: 422, code: "validation_failed" }],
  ])("signing up with %s is refused", async (_, given, refusal) => {
    expect((await (await visitor()).auth.signUp(given)).error).toMatchObject(refusal);
  });

  test("an address is taken once", async () => {
    const { person } = await signedUp();
    const again = await (await visitor()).auth.signUp({ ...person, email: person.email.toUpperCase() });
    expect(again.error).toMatchObject({ status: 422, code: "user_already_exists" });
  });

  test("what is not offered says so", async () => {
    expect((await (await visitor()).auth.signInWithOtp({ email: newPerson().email })).error).toMatchObject({
      status: 404,
    });
  });
});

describe("administrators", () => {
  test("make, find, change, list and remove users", async () => {
    const { auth } = await serviceClient();
    const person = newPerson();
    const made = await auth.admin.createUser({ ...person, email_confirm: true, app_metadata: { plan: "pro" } });
    expect(made.data.user).toMatchObject({ app_metadata: { plan: "pro", provider: "email" } });
    const id = made.data.user?.id ?? "";
    expect((await auth.admin.getUserById(id)).data.user?.email).toBe(person.email.toLowerCase());
    expect((await auth.admin.updateUserById(id, { user_metadata: { name: "Ben" } })).data.user?.user_metadata).toEqual({
      name: "Ben",
    });
    const { data } = await auth.admin.listUsers({ page: 1, perPage: 3 });
    expect(data.users).toHaveLength(Math.min(3, "total" in data ? data.total : 3));
    expect((await auth.admin.deleteUser(id)).error).toBeNull();
    expect((await auth.admin.getUserById(id)).error).toMatchObject({ status: 404, code: "user_not_found" });
  });

  test.each([
    ["nobody in particular", async () => (await visitor()).auth],
    ["a user", async () => (await signedUp()).sb.auth],
  ])("%s is none", async (_, who) => {
    expect((await (await who()).admin.listUsers()).error).toMatchObject({ status: 403, code: "not_admin" });
  });
});

describe("security", () => {
  test("too many wrong passwords for an address have to wait, and the right one too", async () => {
    const { person } = await signedUp();
    const sb = await visitor();
    for (let i = 0; i < 10; i++) await sb.auth.signInWithPassword({ ...person, password: `guess ${i}` });
    expect((await sb.auth.signInWithPassword(person)).error).toMatchObject({
      status: 429,
      code: "over_request_rate_limit",
    });
    await sql`update switchboard.login_failures set at = at - interval '16 minutes' where subject = ${`email:${person.email.toLowerCase()}`}`;
    expect((await sb.auth.signInWithPassword(person)).error).toBeNull();
  });

  test("neither password nor refresh token is stored in clear", async () => {
    const { sb, person, id } = await signedUp();
    const token = (await sb.auth.getSession()).data.session?.refresh_token ?? "";
    const stored =
      await row`select (select jsonb_agg(to_jsonb(t)) from auth.refresh_tokens t where t.user_id = ${id}) as tokens,
      (select to_jsonb(u) from auth.users u where u.id = ${id}) as user`;
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(JSON.stringify(stored)).not.toContain(person.password);
    expect(stored).toMatchObject({ user: { encrypted_password: expect.stringMatching(/^\$2[aby]\$10\$/) } });
  });

  test("no door shows users, sessions or tokens", async () => {
    for (const path of ["users", "sessions", "refresh_tokens"]) {
      const response = await ask(`/rest/v1/${path}`, { headers: { "accept-profile": "auth" } });
      expect(response.status).toBe(406);
    }
  });

  test("signing up can be switched off", async () => {
    const closed = { ...env, AUTH_SIGNUPS: "0" };
    const response = await askWith(closed, "/auth/v1/signup", { method: "POST", body: JSON.stringify(newPerson()) });
    expect([response.status, await response.json()]).toMatchObject([422, { error_code: "signup_disabled" }]);
  });

  test("without a key to sign with it says what to do", async () => {
    const response = await askWith({ ...env, AUTH_PRIVATE_JWK: "" }, "/auth/v1/signup", {
      method: "POST",
      body: JSON.stringify(newPerson()),
    });
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { msg: expect.stringContaining("AUTH_PRIVATE_JWK") },
    ]);
  });

  test("the published keys have no private part", async () => {
    const { keys } = await (await ask("/auth/v1/.well-known/jwks.json")).json<{ keys: Record<string, string>[] }>();
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toHaveProperty("d");
  });
});
